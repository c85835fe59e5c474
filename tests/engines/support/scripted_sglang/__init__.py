"""A model class for SGLang that follows the script; SGLang looks for it by its folder's name.

Owns: nothing but the package. May know: nothing.
"""
