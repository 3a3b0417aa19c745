"""The English words that rules know, and the one tokenizer of the house."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

# Numbers, words and the signs that say what a number counts; other punctuation is skipped.
TOKEN = re.compile(r"\d[\d,.]*\d|\d|[^\W\d_]+(?:['’\-][^\W\d_]+)*|[$€£¥%]")
# Line breaks inside a sentence, and apostrophes as typesetters have them; one character for one, so offsets stay.
_PLAIN = str.maketrans({"\n": " ", "\r": " ", "\t": " ", "\u00a0": " ", "\u202f": " ", "\u2019": "'"})
_ONE_AT_A_TIME = threading.Lock()

# Words that carry no topic. Short on purpose: rarity inside the article (TF-IDF) does the rest.
STOP = frozenset(
    "a an and are as at be been but by for from had has have he her him his i in is it its not of on or "
    "said says she so that the their them they this to was we were which who will with would you".split()
)
# Words by which two sentences cannot clash: the above without "not", and more of their sort.
FUNCTION_WORDS = (STOP - {"not"}) | frozenset(
    """these those us our your am being do does did shall should may might must can could whom whose what when
    where while there here than then such into onto over under up down out off about after before between through
    during also just only very more most some any all each both other own same s t say told according mr mrs ms
    dr""".split()
)

# Words that turn a sentence round by themselves, and words that say how many of a group.
NEGATORS = frozenset(
    "not no never none nobody nothing neither nor without cannot nowhere hardly scarcely fail fails failed "
    "refuse refuses refused unable lack lacks lacked".split()
)
QUANTIFIERS = frozenset(
    "all every each both some any either most many few several half only no none always sometimes often "
    "rarely seldom".split()
)
# Verbs that tell that something is told; which of them stands there seldom matters.
REPORTING = frozenset(
    "announced announces reported reports published publishes posted posts mentioned mentions said says told "
    "tells stated states noted notes claimed claims added adds described describes explained explains showed "
    "shows".split()
)

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
SCALES = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
SCALES |= {"dozen": 12.0, "m": 1e6, "mn": 1e6, "bn": 1e9, "k": 1e3, "tn": 1e12}
FRACTIONS = {"half": 1 / 2, "third": 1 / 3, "thirds": 1 / 3, "quarter": 1 / 4}
FRACTIONS |= {"quarters": 1 / 4, "fifth": 1 / 5, "fifths": 1 / 5, "tenth": 1 / 10}
NUMBER_WORDS: dict[str, float] = {word: float(n) for n, word in enumerate(_ONES)}
NUMBER_WORDS |= {word: 10.0 * n for n, word in enumerate(_TENS, start=2)}
NUMBER_WORDS |= {f"{t}-{o}": NUMBER_WORDS[t] + NUMBER_WORDS[o] for t in _TENS for o in _ONES[1:10]}
NUMBER_WORDS |= {"dozen": 12.0, "half-dozen": 6.0, "couple": 2.0, "pair": 2.0}
# With a hyphen they are one token, and a value that stands alone: "two-thirds".
NUMBER_WORDS |= {
    f"{count}-{part}": NUMBER_WORDS[count] * share
    for part, share in FRACTIONS.items()
    for count in _ONES[1:10]
    if part.endswith("s") == (count != "one") and NUMBER_WORDS[count] * share < 1
}
# In order; the place in it is the value.
ORDINALS = tuple(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth".split()
)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = tuple("january february march april may june july august september october november december".split())

# Common countries, peoples and cities; enough to tell a place from a person, not a gazetteer.
PLACES = frozenset(
    """afghanistan algeria america argentina australia austria bangladesh belarus belgium bolivia
    brazil britain bulgaria canada chile china colombia croatia cuba cyprus denmark egypt england
    estonia ethiopia europe finland france georgia germany ghana greece hungary iceland india
    indonesia iran iraq ireland israel italy japan jordan kazakhstan kenya korea kuwait latvia
    lebanon libya lithuania luxembourg malaysia mali malta mexico moldova morocco mozambique
    myanmar namibia nepal netherlands nicaragua niger nigeria norway oman pakistan panama peru
    philippines poland portugal qatar romania russia rwanda scotland senegal serbia singapore
    slovakia slovenia somalia spain sudan sweden switzerland syria taiwan tanzania thailand tunisia
    turkey uganda ukraine uruguay venezuela vietnam wales yemen zambia zimbabwe africa asia
    amsterdam athens baghdad bangkok beijing beirut belgrade berlin bern bogota boston brussels
    bucharest budapest cairo chicago copenhagen delhi dublin edinburgh frankfurt geneva glasgow
    hamburg helsinki istanbul jakarta jerusalem johannesburg kabul karachi kyiv kiev lagos lahore
    lima lisbon london lyon madrid manchester manila marseille melbourne milan montreal moscow
    mumbai munich nairobi naples oslo ottawa paris prague pyongyang riga rome rotterdam santiago
    seoul shanghai sofia stockholm sydney taipei tallinn tehran tokyo toronto vienna vilnius warsaw
    washington zagreb zurich american african asian australian austrian belgian brazilian british
    canadian chinese danish dutch egyptian english european finnish french german greek hungarian
    indian iranian iraqi irish israeli italian japanese kenyan korean mexican nigerian norwegian
    pakistani polish portuguese romanian russian scottish serbian spanish swedish swiss syrian
    taiwanese thai turkish ukrainian vietnamese welsh""".split()
)

# Words of which one excludes the others where they stand in one place.
RIVALS = (
    frozenset((*ORDINALS, "last")),
    frozenset("red orange yellow green blue purple pink brown black white grey gray".split()),
    frozenset("before after during until since".split()),
    frozenset("above below under over beside inside outside behind".split()),
)

# Hand-written. WordNet was considered and left out: its packages download their data on first use, and most of its
# antonyms are of no use in news. Either side of a bar excludes the other, in whatever form.
_OPPOSITES = """
rise rises rose risen rising | fall falls fell fallen falling; increase | decrease; up | down; grew grow grown |
shrank shrink shrunk; open opened opens | closed closes shut; accept accepted approve approved | reject rejected
refuse refused; win wins won | lose loses lost; support | oppose; welcomed praised | condemned criticised
criticized; confirm admit admitted | deny denied; start begin began begun | end ended; first | last; early
earlier | late later; old | new young; high higher highest | low lower lowest; large larger largest | small
smaller smallest; big bigger biggest | little small smaller smallest; fast faster | slow slower; strong stronger
| weak weaker; rich | poor; hot warm | cold; wet | dry; light | dark heavy; full | empty; public | private
secret; legal | illegal; safe | dangerous unsafe; guilty | innocent; calm | panic; same | different separate;
majority | minority; permanent | temporary; voluntary | forced; true right | false wrong; inside | outside;
indoors | outdoors; north northern | south southern; east eastern | west western; left | right; above | below;
before | after; arrive arrived enter entered join joined | leave left; came | went; found kept keep remained
stay stayed | lost left; bought buy | sold sell; lent | borrowed; allow allowed permitted | ban banned;
remembered | forgot; success succeed passed pass | failure fail failed; always | never; everyone | nobody;
everything | nothing; all | none; more | less fewer; most | least; best better | worst worse; cheap cheaper |
expensive dearer; love | hate; peace | war; man men male boy boys | woman women female girl girls; he | she; his
| her; husband | wife; son sons | daughter daughters; brother | sister; father | mother; king | queen; awake |
asleep sleeping; alone | together; sober | drunk; single | married; married | divorced; unanimous unanimously |
split narrowly; postponed cancelled | advanced held; resumed | suspended; tightened | loosened; raised raise
expanded | cut lowered; added | removed; built | demolished; hired appointed | fired dismissed; promoted |
demoted; united | divided; attended present | absent; known | unknown; friend ally | enemy rival; ahead |
behind; long longer longest | short shorter shortest; wide | narrow; deep | shallow; thick | thin; clean |
dirty; hard difficult | easy soft; loud noisy | quiet silent; deliberate deliberately | accidental accidentally;
official | unofficial; domestic local | foreign; urban | rural; military | civilian; standing | sitting; happy |
sad; smiling | frowning; maximum | minimum; minor | major; simple | complex; common | rare; ancient | modern;
day | night; morning | evening; profit profitable | loss losses; upheld | overturned quashed; freed released |
held holding; shortage | surplus
"""


def _opposites() -> dict[str, frozenset[str]]:
    table: dict[str, set[str]] = {}
    for pair in _OPPOSITES.split(";"):
        one, other = (side.split() for side in pair.split("|"))
        for here, there in ((one, other), (other, one)):
            for word in here:
                table.setdefault(word, set()).update(there)
    return {word: frozenset(others) for word, others in table.items()}


OPPOSITE_OF = _opposites()

# Words that give a kind of conflict away, by family.
_FAMILIES = {
    "negator": r"not|no|never|none|nobody|no one|nothing|neither|nor|without|cannot|nowhere|"
    r"\w+n't|refus\w+|declin\w+|fail\w* to|yet to|unable|lack\w*|refrain\w*",
    "dead": r"di(?:ed|es|e)|dying|dead|deaths?|kill(?:ed|s|ing)?|bod(?:y|ies)|corpses?|"
    r"funeral|buried|burial|murder(?:ed)?|drown(?:ed)?|perish(?:ed)?|fatal(?:ly|ities)?|succumbed|"
    r"mourn\w*|late husband|late wife|widow(?:er|ed|s)?|passed away|lost (?:his|her|their) li\w+|"
    r"mortuary|morgue|grave|coffin|orphan\w*|obituary|did not survive",
    "alive": r"surviv(?:ed|or|ors|es|ing|e)|alive|living|recover(?:ed|ing|s|y)|out of danger|"
    r"stable|unhurt|unharmed|unscathed|condition|walked (?:out|away)|hospital|treated|spoke|"
    r"discharged|lives|pulled out|came through|in good health|rescued|critical",
    "hurt": r"injur\w+|wound\w+|hurt|burn(?:s|ed)|bruis\w+|broken (?:arm|leg)|"
    r"casualt\w+|fractur\w+",
    "held": r"arrest(?:ed|s)?|detain\w*|custody|jail(?:ed)?|prison(?:er|ers|s)?|cells?|remanded|"
    r"captured|recaptured|imprisoned|behind bars|in handcuffs|caught|held|holding|captive|captors|"
    r"extradit\w+|handed over|sentenced|deported|seized",
    "free": r"releas(?:ed|e|es)|freed|free|bail(?:ed)?|escaped?|at large|on the run|fled|let go|"
    r"walked free|pardon\w*|fugitive|liberat\w+|vanished|slipped (?:away|out)|suspended sentence",
    "guilty": r"convict(?:ed|ion|ions)|(?<!not )guilty|fined|penalt\w+",
    "cleared": r"acquitt(?:ed|al)|cleared|not guilty|dropped|dismissed|innocen\w+|overturn\w+|"
    r"quash\w+|threw out|thrown out|walked free",
}
FAMILIES = {family: re.compile(rf"\b(?:{words})(?!\w)", re.IGNORECASE) for family, words in _FAMILIES.items()}


@dataclass(frozen=True, slots=True)
class Span:
    """Characters of one sentence, ``text[start:end]``."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number or sign and where it stands in its sentence."""

    text: str
    start: int
    end: int

    @property
    def lower(self) -> str:
        """Lower case, typographic apostrophes straightened."""
        return self.text.lower().replace("’", "'")

    @property
    def stem(self) -> str:
        """Its stem."""
        return stem(self.lower)

    @property
    def is_content(self) -> bool:
        """Whether the word can carry meaning by itself."""
        return self.lower not in FUNCTION_WORDS


def tokenize(text: str) -> list[Token]:
    """Words, numbers and currency or percent signs, with their offsets."""
    return [Token(m.group(), m.start(), m.end()) for m in TOKEN.finditer(text)]


def plain(text: str) -> str:
    """The text with spaces for line breaks and straight apostrophes, of the same length."""
    return text.translate(_PLAIN)


@cache
def _stemmer() -> Any:
    import snowballstemmer

    return snowballstemmer.stemmer("english")


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The stem of a lower-case English word; other scripts come back as they are."""
    # The stemmer keeps the word that it works on in its own attributes: two threads would mix their words, and
    # the cache would keep the result.
    with _ONE_AT_A_TIME:
        return str(_stemmer().stemWord(word))


def stems(tokens: Iterable[Token]) -> set[str]:
    """Stems of the content words among some tokens."""
    return {t.stem for t in tokens if t.is_content}


def content_stems(text: str) -> frozenset[str]:
    """Stems of a sentence's content words, lower case; figures and stop words are left out."""
    words = (word.lower() for word in TOKEN.findall(plain(text)))
    letters = (word for word in words if word[0].isalnum() and not word[0].isdigit())
    return frozenset(stem(word) for word in letters if word not in STOP)
