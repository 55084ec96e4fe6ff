"""What words mean: phrases of folded words in four languages, one table per meaning.

Phrases are matched longest first. A word that means something else in another language stands
in `ONLY` and counts only in texts of its own.
"""

from collections.abc import Mapping
from typing import Final


def _table(**meanings: str) -> dict[str, str]:
    """Turn `meaning="phrase, phrase"` around; `_` in a meaning stands for `-`."""
    return {
        phrase.strip(): meaning.replace("_", "-")
        for meaning, phrases in meanings.items()
        for phrase in phrases.split(",")
    }


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


GENRES: Final[Mapping[str, str]] = _table(
    action="action, accion, actionreich, actionreiche, actionreichen, de tiros, martial arts",
    adventure="adventure, aventura, aventure, abenteuer, abenteuerlich",
    animation="animation, animated, animacion, animada, animado, dibujos animados, anime, "
    "dessin anime, dessins animes, zeichentrick, trickfilm, animations, cartoon",
    biography="biography, biopic, biografia, biographie, biografie, biografica",
    children="family, kids, children, familiar, infantil, para ninos, los ninos, mis hijos, "
    "en familia, la familia, famille, enfants, pour enfants, familie, kinder, familien",
    comedy="comedy, funny, funnier, hilarious, humor, comedia, divertida, divertido, graciosa, "
    "gracioso, risa, reir, comedie, drole, droles, marrant, marrante, rigolo, rire, komodie, "
    "lustig, lustige, lustigen, lustiges, lustiger, witzig, witzige, witziges, witziger, "
    "zum lachen, comedies, laugh",
    crime="crime, gangster, heist, mafia, crimen, policiaca, policiaco, policier, polar, krimi, "
    "gangsterfilm, detective, detectives, atracos",
    documentary="documentary, documentaries, documental, documentales, documentaire, doku, "
    "dokumentation, dokumentar",
    drama="drama, dramatic, dramatica, dramatico, drame, dramatique, dramatisch, dramen",
    fantasy="fantasy, fantasia, fantastique, magic, magia, magie, wizards, fantasie",
    film_noir="film noir, noir, cine negro",
    history="historical, history, historica, historico, historique, historisch, historische, "
    "historienfilm, period piece, de epoca, d epoque",
    horror="horror, scary, terrifying, creepy, spooky, terror, de miedo, miedo, horreur, "
    "effrayant, effrayante, peur, epouvante, grusel, gruselig, gruselige, gruseliges, "
    "gruseliger, gruselfilm",
    music="about music, sobre musica, sur la musique, uber musik, musikfilm",
    musical="musical, comedie musicale, musicales, musikalisch, singing",
    mystery="mystery, whodunit, misterio, mystere, mysterios, ratsel",
    romance="romance, romantic, love story, love stories, romantica, romantico, de amor, "
    "romantique, d amour, histoire d amour, romantisch, romantische, romantischen, "
    "romantisches, romantischer, liebesfilm, liebes, liebesgeschichte, amor",
    sci_fi="sci fi, scifi, science fiction, ciencia ficcion, futuristic, space, aliens, "
    "extraterrestres, espace, weltraum, zukunft, sf, espacio, en el espacio",
    sport="sport, sports, deportes, deportiva, sportfilm",
    thriller="thriller, suspense, suspenseful, gripping, exciting, suspenso, haletant, spannend, "
    "spannende, spannenden, spannender, spannendes, a suspense, emocionante",
    war="war, world war, de guerra, belica, belico, guerra, guerre, de guerre, krieg, kriegs",
    western="western, cowboy, cowboys, vaqueros, del oeste",
)

MOODS: Final[Mapping[str, str]] = _table(
    feel_good="feel good, feelgood, uplifting, cheerful, heartwarming, que me alegre, "
    "para sentirse bien, buen rollo, optimista, qui fait du bien, bonne humeur, "
    "wohlfuhl, gute laune, herzerwarmend, herzerwarmende, aufmunternd",
    sad="sad, tearjerker, cry, triste, llorar, pleurer, traurig, traurige, traurigen, "
    "trauriges, weinen, tristes",
    dark="dark, gritty, bleak, oscura, oscuro, sombre, duster, dustere, dusteren, dusteres",
    mind_bending="mind bending, mindfuck, mind blowing, trippy, que te haga pensar, "
    "fait reflechir, zum nachdenken, thought provoking, rompecabezas",
    twist_ending="twist, twist ending, plot twist, giro, giro final, retournement, wendung, "
    "uberraschendes ende",
    based_on_a_true_story="true story, based on a true story, real events, hechos reales, "
    "historia real, basada en hechos reales, histoire vraie, faits reels, wahre geschichte, "
    "wahren geschichte, wahre begebenheit, wahren begebenheit",
    relaxing="relaxing, chill, light, easy, relajante, ligera, ligero, tranquila, leger, legere, "
    "detente, entspannt, entspannend, leicht, leichtes, leichte, tranquille",
    cult="cult, cult film, de culto, film culte, culte, kult, kultfilm",
    superhero="superhero, superheroes, superheroe, super heros, superhelden, comic book",
    time_travel="time travel, viajes en el tiempo, viaje en el tiempo, voyage dans le temps, "
    "zeitreise, zeitreisen",
    dystopia="dystopia, dystopian, distopia, distopica, dystopie, dystopique, dystopisch",
    zombies="zombie, zombies, zombis",
)
"""Moods and themes, as slugs of tags."""

LEANINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "feel-good": ("comedy", "romance", "children", "musical"),
    "sad": ("drama",),
    "dark": ("thriller", "crime", "film-noir"),
    "mind-bending": ("sci-fi", "mystery", "thriller"),
    "twist-ending": ("mystery", "thriller"),
    "based-on-a-true-story": ("biography", "history", "documentary"),
    "relaxing": ("comedy", "animation", "romance"),
    "superhero": ("action", "adventure"),
    "time-travel": ("sci-fi",),
    "dystopia": ("sci-fi",),
    "zombies": ("horror",),
}
"""Genres that stand in where no film has the tag."""

FRIENDS: Final = frozenset(
    {
        "with friends", "with my friends", "with some friends", "with mates", "my friends",
        "con amigos", "con mis amigos", "con amigas", "con mis amigas", "con unos amigos",
        "avec des amis", "avec mes amis", "avec mes amies", "entre amis", "avec mes potes",
        "entre potes", "avec amis",
        "mit freunden", "mit meinen freunden", "mit freundinnen", "mit meinen freundinnen",
        "mit ein paar freunden", "mit kumpels",
    }
)  # fmt: skip

LIKE: Final = frozenset(
    {
        "like", "similar to", "in the style of", "in the vein of", "reminds me of",
        "como", "parecida a", "parecido a", "parecidas a", "similar a", "al estilo de", "estilo",
        "comme", "semblable a", "similaire a", "dans le style de", "dans le genre de", "genre de",
        "wie", "ahnlich wie", "im stil von", "so was wie", "a la",
    }
)  # fmt: skip

PERSON: Final = frozenset(
    {
        "by", "with", "starring", "directed by", "from director", "of",
        "de", "del director", "con", "dirigida por", "protagonizada por", "por",
        "par", "avec", "realise par", "du realisateur", "von", "mit", "vom regisseur", "d",
    }
)  # fmt: skip

NOT: Final = frozenset(
    {
        "no", "not", "without", "nothing", "less", "but not", "not too", "never",
        "sin", "nada de", "que no sea", "que no sean", "menos", "no muy", "nada",
        "sans", "pas de", "pas trop", "pas d", "pas", "rien de",
        "ohne", "kein", "keine", "keinen", "nicht", "nicht zu", "nichts", "bloss kein",
    }
)  # fmt: skip

SHORT: Final = frozenset(
    {
        "short", "quick", "not too long", "not long", "corta", "corto", "cortas", "no muy larga",
        "no muy largo", "que no sea larga", "court", "courte", "pas trop long", "pas trop longue",
        "kurz", "kurze", "kurzen", "kurzes", "kurzer", "nicht zu lang", "nicht so lang",
    }
)  # fmt: skip
SHORT_MINUTES: Final = 100

NEW: Final = frozenset(
    {
        "recent", "new", "latest", "reciente", "recientes", "nueva", "nuevo", "actual",
        "recents", "recente", "nouveau", "nouvelle", "neu", "neue", "neuen", "neuer", "neues",
        "aktuell", "aktuelle", "aktuellen",
    }
)  # fmt: skip
NEW_YEARS: Final = 5
OLD: Final = frozenset(
    {
        "old", "classic", "classics", "oldie", "vintage", "clasica", "clasico", "clasicas",
        "clasicos", "antigua", "antiguo", "vieja", "classique", "classiques", "ancien", "vieux",
        "alt", "alte", "alten", "alter", "altes", "klassiker", "klassisch", "klassischen",
    }
)  # fmt: skip
OLD_YEAR: Final = 1979

SINCE: Final = frozenset({"since", "desde", "a partir de", "depuis", "seit", "ab"})
AFTER: Final = frozenset(
    {"after", "newer than", "despues de", "posterior a", "apres", "nach", "neuer als"}
)
BEFORE: Final = frozenset(
    {
        "before", "older than", "prior to", "antes de", "anterior a", "avant", "vor", "alter als",
        "anteriores a", "anterior al",
    }
)  # fmt: skip
UNTIL: Final = frozenset({"until", "up to", "till", "hasta", "jusqu en", "jusqu a", "bis"})

EARLY: Final = frozenset(
    {"early", "principios de los", "principio de los", "debut des", "fruhe", "fruhen", "anfang der"}
)
LATE: Final = frozenset(
    {"late", "finales de los", "final de los", "fin des", "spate", "spaten", "ende der"}
)

DECADES: Final[Mapping[str, int]] = {
    word: decade
    for decade, words in {
        1920: "twenties",
        1930: "thirties, treinta, trente, dreissiger, dreissigern, dreissigerjahre",
        1940: "forties, cuarenta, quarante, vierziger, vierzigern, vierzigerjahre",
        1950: "fifties, cincuenta, cinquante, funfziger, funfzigern, funfzigerjahre",
        1960: "sixties, sesenta, soixante, sechziger, sechzigern, sechzigerjahre",
        1970: "seventies, setenta, soixante dix, siebziger, siebzigern, siebzigerjahre",
        1980: "eighties, ochenta, quatre vingt, quatre vingts, achtziger, achtzigern, "
        "achtzigerjahre",
        1990: "nineties, noventa, quatre vingt dix, neunziger, neunzigern, neunzigerjahre",
        2000: "two thousands, dos mil, nullerjahre, deux mille",
    }.items()
    for word in words.split(", ")
}
DECADE_MARKS: Final = frozenset({"anos", "los", "annees", "annee", "decada"})
"""Before a bare number of two digits: `años 90`, `années 80`."""
DECADE_ENDS: Final = ("s", "er", "ern", "ies", "jahre", "jahren", "erjahre")

MINUTES: Final = frozenset({"min", "mins", "minute", "minutes", "minuten", "minuto", "minutos"})
HOURS: Final = frozenset(
    {"h", "hr", "hrs", "hour", "hours", "stunde", "stunden", "std", "hora", "horas", "heure",
     "heures"}
)  # fmt: skip
LONGER: Final = frozenset(
    {"over", "more than", "longer than", "at least", "mas de", "plus de", "uber", "mehr als",
     "mindestens", "al menos", "au moins", "langer als"}
)  # fmt: skip
NUMBERS: Final[Mapping[str, float]] = {
    "one": 1, "two": 2, "three": 3, "an": 1, "una": 1, "dos": 2, "tres": 3, "une": 1, "deux": 2,
    "trois": 3, "eine": 1, "einer": 1, "zwei": 2, "drei": 3, "anderthalb": 1.5, "eineinhalb": 1.5,
    "ninety": 90, "noventa": 90, "neunzig": 90,
}  # fmt: skip
HALF: Final = frozenset({"and a half", "y media", "et demie", "und eine halbe"})

ALSO: Final = frozenset({"also", "too", "tambien", "ademas", "aussi", "auch", "ausserdem"})
MORE: Final = frozenset(
    {
        "more", "others", "something else", "other ones", "mas", "otras", "otros", "otra cosa",
        "d autres", "autre chose", "encore", "mehr", "andere", "etwas anderes", "weitere",
    }
)  # fmt: skip
AFRESH: Final = frozenset(
    {
        "start over", "reset", "forget it", "from scratch", "empezar de nuevo", "olvidalo",
        "recommencer", "oublie", "a zero", "von vorn", "von vorne", "vergiss es", "neu anfangen",
    }
)  # fmt: skip

ONLY: Final[Mapping[str, str]] = {
    "war": "en", "alt": "de", "alter": "de", "sin": "es", "court": "fr", "light": "en",
    "anime": "en", "peur": "fr", "polar": "fr", "of": "en", "con": "es", "pas": "fr", "ab": "de",
    "actual": "es", "nada": "es", "action": "", "dark": "", "a la": "", "d": "fr", "menos": "es",
    "familie": "de", "espacio": "es", "estilo": "es", "mas": "es", "cry": "en", "los": "es",
    "les": "fr", "der": "de", "den": "de", "genre de": "fr", "neu": "de",
}  # fmt: skip
"""Words of one language alone; empty: of any."""

FUNCTION_WORDS: Final[Mapping[str, frozenset[str]]] = {
    "en": _words(
        """
        a an the i me my we you it is are was be with for from of on in at to and or but
        not some something anything any movie movies film films watch see want would
        like looking please tonight about that what which good great best really very
        can show find give recommend one ones set made more less no without than under
        over between before after since like something s let s how time night evening
        this these those who have has nothing too kind sort make feels feel there where
        """
    ),
    "es": _words(
        """
        el la los las un una unos unas yo me mi mis nos que es son de del con para por
        en a y o pero no algo alguna alguno pelicula peliculas peli pelis film cine ver
        quiero quisiera busco buscando gustaria esta noche hoy sobre buena bueno mejor
        mejores muy dame recomiendame recomienda muestra sea sean como se lo al menos
        mas entre desde hasta antes despues sin tambien anos ponme veamos nada
        """
    ),
    "fr": _words(
        """
        le la les l un une des du de d je j me mon ma mes nous on que qui est sont avec
        pour par en a au aux et ou mais ne pas quelque chose film films voir regarder
        veux voudrais cherche aimerais ce soir cette sur bon bonne meilleur tres un peu
        donne moi recommande montre comme plus moins entre depuis avant apres sans aussi
        annees quelques envie dans se s y il elle ca c soit jusqu
        """
    ),
    "de": _words(
        """
        der die das den dem des ein eine einen einem einer ich mich mir mein meine wir
        uns was ist sind war mit fur von vom aus in im auf an zu zum zur und oder aber
        nicht kein keine etwas irgendwas film filme filmen sehen schauen gucken
        anschauen will mochte suche hatte gern gerne heute abend uber gut guter gute
        guten gutes beste sehr zeig gib empfiehl mal bitte wie als mehr weniger zwischen
        seit vor nach ohne auch jahre jahren jahr lust so es sein soll darf bis ab man
        um
        """
    ),
}
"""Words that carry no wish; they also tell which language a text is in."""
