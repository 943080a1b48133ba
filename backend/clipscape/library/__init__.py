"""The library: what `import clipscape` offers. Its names are fetched by `clipscape/__init__.py` when first used."""
