# The first stage installs what is locked into a virtual environment; the second is Python without what installs packages; the
# last one is these two and nothing else, in one layer each, so that what was removed takes no room and cannot be used.
# With `--build-arg LOCK=requirements-scale.lock` the image is also a Dask scheduler and worker (docker-compose.scale.yml).
ARG PYTHON_VERSION=3.11

FROM python:${PYTHON_VERSION}-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_COMPILE=1
RUN apt-get update && apt-get install --yes --no-install-recommends binutils
WORKDIR /app
RUN python -m venv .venv
ARG LOCK=requirements.lock
COPY ${LOCK} ./
RUN .venv/bin/pip install --require-hashes -r ${LOCK}
COPY pyproject.toml README.md LICENSE ./
COPY backend backend
RUN .venv/bin/pip install --no-deps --no-build-isolation . \
 && .venv/bin/pip uninstall --yes setuptools pip
COPY scripts/slim_image.py scripts/
RUN .venv/bin/clipscape compress --into /app/assets && .venv/bin/python scripts/slim_image.py .venv

FROM python:${PYTHON_VERSION}-slim AS python
RUN cd /usr && rm -rf local/lib/python3*/site-packages/* local/lib/python3*/ensurepip local/lib/python3*/idlelib \
    local/lib/python3*/lib2to3 local/lib/python3*/turtledemo local/lib/python3*/pydoc_data local/bin/pip* \
    lib/python3/dist-packages/* lib/python3*/ensurepip lib/python3*/idlelib lib/python3*/lib2to3 lib/python3*/pydoc_data \
    share/python-wheels share/doc share/man share/info share/locale bin/pip* \
 && mkdir /data && chown 10001:10001 /data

FROM scratch
COPY --from=python / /
LABEL org.opencontainers.image.title="Clipscape" \
      org.opencontainers.image.description="See what gradient clipping does" \
      org.opencontainers.image.licenses="MIT"
ENV PATH=/app/.venv/bin:/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    CLIPSCAPE_FRONTEND_DIR=/app/frontend CLIPSCAPE_ASSETS_DIR=/app/assets CLIPSCAPE_DATA_DIR=/data
WORKDIR /app
COPY --from=build /app/.venv .venv
COPY --from=build /app/assets assets
COPY frontend frontend
USER 10001:10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --start-interval=1s --retries=3 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
STOPSIGNAL SIGTERM
CMD ["clipscape", "serve", "--host", "0.0.0.0", "--port", "8000"]
