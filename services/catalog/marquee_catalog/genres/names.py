"""The genres we know by heart: one slug per genre, whatever a source calls it."""

from marquee_shared.slugs import slugify

GENRE_NAMES: dict[str, dict[str, str]] = {
    "action": {"en": "Action", "es": "Acción", "fr": "Action", "de": "Action"},
    "adventure": {"en": "Adventure", "es": "Aventura", "fr": "Aventure", "de": "Abenteuer"},
    "animation": {"en": "Animation", "es": "Animación", "fr": "Animation", "de": "Animation"},
    "biography": {"en": "Biography", "es": "Biografía", "fr": "Biographie", "de": "Biografie"},
    "children": {"en": "Family", "es": "Familiar", "fr": "Famille", "de": "Familie"},
    "comedy": {"en": "Comedy", "es": "Comedia", "fr": "Comédie", "de": "Komödie"},
    "crime": {"en": "Crime", "es": "Crimen", "fr": "Policier", "de": "Krimi"},
    "documentary": {
        "en": "Documentary", "es": "Documental", "fr": "Documentaire", "de": "Dokumentarfilm",
    },
    "drama": {"en": "Drama", "es": "Drama", "fr": "Drame", "de": "Drama"},
    "fantasy": {"en": "Fantasy", "es": "Fantasía", "fr": "Fantastique", "de": "Fantasy"},
    "film-noir": {"en": "Film Noir", "es": "Cine negro", "fr": "Film noir", "de": "Film noir"},
    "history": {"en": "History", "es": "Historia", "fr": "Histoire", "de": "Historienfilm"},
    "horror": {"en": "Horror", "es": "Terror", "fr": "Horreur", "de": "Horror"},
    "music": {"en": "Music", "es": "Música", "fr": "Musique", "de": "Musik"},
    "musical": {"en": "Musical", "es": "Musical", "fr": "Comédie musicale", "de": "Musical"},
    "mystery": {"en": "Mystery", "es": "Misterio", "fr": "Mystère", "de": "Mystery"},
    "romance": {"en": "Romance", "es": "Romance", "fr": "Romance", "de": "Liebesfilm"},
    "sci-fi": {
        "en": "Science Fiction", "es": "Ciencia ficción", "fr": "Science-fiction",
        "de": "Science-Fiction",
    },
    "sport": {"en": "Sport", "es": "Deporte", "fr": "Sport", "de": "Sport"},
    "thriller": {"en": "Thriller", "es": "Suspense", "fr": "Thriller", "de": "Thriller"},
    "war": {"en": "War", "es": "Bélica", "fr": "Guerre", "de": "Krieg"},
    "western": {"en": "Western", "es": "Western", "fr": "Western", "de": "Western"},
}  # fmt: skip

ALIASES = {
    "science-fiction": "sci-fi",
    "scifi": "sci-fi",
    "family": "children",
    "childrens": "children",
    "noir": "film-noir",
}


def genre_slug(name: str) -> str:
    """Return the slug of a genre by any of its names: `Children's` → `children`."""
    slug = slugify(name)
    return ALIASES.get(slug, slug)


def genre_name(name: str) -> str:
    """Return what we call a genre in English, whatever a source calls it."""
    known = GENRE_NAMES.get(genre_slug(name))
    return known["en"] if known else name
