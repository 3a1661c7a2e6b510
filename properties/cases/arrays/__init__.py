"""Covering arrays: rows of choices, few, among which every value, every pair or every triple occurs.

``generate.py`` makes one per contract with covertable, which nothing else needs; they lie beside this file.
"""
