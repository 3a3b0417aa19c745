"""Thin bridges to other libraries; each needs its own extra and imports it only when used."""
