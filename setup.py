"""Puts the page's files into the package where it is installed; all else about it is in pyproject.toml."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

FRONTEND = Path(__file__).parent / "frontend"


class WithPage(build_py):
    """An installed `clipscape` serves the page, and writes runs as pages, without a clone."""

    def run(self) -> None:
        """Copy the files after the modules; an editable installation finds them in the clone."""
        super().run()
        if not self.editable_mode and FRONTEND.is_dir():
            shutil.copytree(FRONTEND, Path(self.build_lib) / "clipscape" / "page", dirs_exist_ok=True)


setup(cmdclass={"build_py": WithPage})
