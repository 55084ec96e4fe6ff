"""Finding films by saying what one is in the mood for, in English, Spanish, French or German.

`parsing` reads a text by tables of words (`lexicon`) and the names in the catalog (`names`);
nothing outside is asked unless `LLM_BASE_URL` is set (`outside`). Owns `conversations`.
"""
