"""What members wrote, in the reader's language, by DeepL.

Owns no table; translations are kept in Redis by what was translated. Whatever goes wrong, the
original is the answer, and says so.
"""
