"""Words that give a kind of conflict away, by family, and pairs of opposites.

Hand-written. WordNet was considered for the opposites and left out: its packages download their
data on first use, and most of its antonyms are of no use in news.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_FAMILIES = {
    "negator": r"not|no|never|none|nobody|no one|nothing|neither|nor|without|cannot|nowhere|"
    r"\w+n't|refus\w+|declin\w+|fail\w* to|yet to|unable|lack\w*|refrain\w*",
    "dead": r"di(?:ed|es|e|ed)|dying|dead|death|kill(?:ed|s|ing)?|kills|bod(?:y|ies)|corpses?|"
    r"funeral|buried|burial|murder(?:ed)?|drown(?:ed)?|perish(?:ed)?|fatal(?:ly|ities)?|succumbed|"
    r"mourn\w*|late husband|late wife|widow(?:er|ed|s)?|passed away|lost (?:his|her|their) li\w+|"
    r"mortuary|morgue|grave|coffin|dies|orphan\w*|deaths|fatalities|obituary|did not survive",
    "alive": r"surviv(?:ed|or|ors|es|ing|e)|alive|living|recover(?:ed|ing|s|y)|out of danger|"
    r"stable|unhurt|unharmed|unscathed|condition|walked (?:out|away)|hospital|treated|spoke|"
    r"discharged|lives|pulled out|came through|in good health|rescued|critical",
    "hurt": r"injur\w+|wound\w+|hurt|burn(?:s|ed)|bruis\w+|broken (?:arm|leg)|"
    r"casualt\w+|fractur\w+",
    "held": r"arrest(?:ed|s)?|detain\w*|custody|jail(?:ed)?|prison(?:er|ers|s)?|cells?|remanded|"
    r"captured|recaptured|imprisoned|behind bars|in handcuffs|caught|held|captive|captors|"
    r"extradit\w+|handed over|sentenced|deported|seized",
    "free": r"releas(?:ed|e|es)|freed|free|bail(?:ed)?|escaped?|at large|on the run|fled|let go|"
    r"walked free|pardon\w*|fugitive|liberat\w+|vanished|slipped (?:away|out)|suspended sentence",
    "guilty": r"convict(?:ed|ion|ions)|guilty|found guilty|plead(?:ed)? guilty|fined|penalt\w+",
    "cleared": r"acquitt(?:ed|al)|cleared|not guilty|dropped|dismissed|innocen\w+|overturn\w+|"
    r"quash\w+|threw out|thrown out",
    "kept": r"kept|keep|keeps|remain(?:s|ed)?|retain\w*|return(?:ed)?|won|win|wins|approv\w+|"
    r"passed|adopted|accept\w+|sold|bought|lost|loses|resign\w*|reject\w+|withdr\w+|postponed|"
    r"cancel\w+|abandon\w+|went ahead|called off|restored|recovered|missing|destroyed|closed",
    "cause": r"because|caus(?:e|ed|es|ing)|due to|blam\w+|owing to|as a result|thanks to|reason|"
    r"led to|triggered|result of|put (?:it )?down to|sparked|started by|after a|fault|accident\w*|"
    r"deliberate\w*|behind|attributed|to blame|responsible for|origin|brought on",
    "says": r"said|says|told|according to|claim(?:ed|s)?|insist(?:ed|s)?|argu(?:ed|es)|warn(?:ed|s)"
    r"|announc(?:ed|es)|spokes\w+|promis(?:ed|es)|predict(?:ed|s)|described|called|added|asked|"
    r"acknowledg\w+|admit\w*|conced\w+|wrote|statement|comment\w*|testified|assured|maintain\w*",
    "stance": r"prais\w+|critici[sz]\w+|welcom\w+|condemn\w+|den(?:y|ied|ies)|support\w*|"
    r"oppos\w+|apologi\w+|accus\w+|defend\w*|regret\w*|thank\w*|demand\w*|urg\w+|blam\w+|hail\w*|"
    r"doubt\w*|confiden\w+|pleased|happy|proud|sorry|agree\w*|disagree\w*|angry|wants?|favou?r\w*",
    "order": r"before|after|already|until|since|once|then|later|earlier|first|followed|preced\w+|"
    r"by the time|afterwards|still|yet|not yet|previously|subsequent\w*|eventual\w*|finally|"
    r"beforehand|as soon as|only when|meanwhile|in advance|ahead of",
    "compare": r"more|less|fewer|than|most|least|highest|lowest|biggest|largest|smallest|fastest|"
    r"slowest|best|worst|higher|lower|bigger|larger|smaller|faster|slower|longer|shorter|older|"
    r"younger|record|twice|double|doubled|ahead|behind|outnumber\w*|level|equal|exceed\w*|cheaper|"
    r"dearer|majority|minority|oldest|youngest|longest|tallest|rarest|second-\w+|increase|growth",
    "change": r"r[io]se[ns]?|fell|fall(?:en|s)?|drop(?:ped|s)?|grew|grow(?:n|s|ing)?|shr[aiu]nk\w*|"
    r"declin\w+|climb\w*|increas\w+|decreas\w+|up|down|cut|jump\w*|slip\w*|gain\w*|"
    r"slump\w*|soar\w*",
    "kin": r"sons?|daughters?|wife|husband|brothers?|sisters?|mother|father|parents?|uncle|aunt|"
    r"cousins?|nephew|niece|grand\w+|twins?|married|marriage|divorced|couple|fianc\w+|partner|"
    r"siblings?|friends?|stepfather|stepmother|in-law|related|strangers?|bride|groom|adopted",
    "bond": r"own(?:s|ed|er|ers)?|owned by|belongs?|shares|stake|subsidiar\w+|ally|allies|rivals?|"
    r"members? of|employ\w+|hired|funded|paid for|sponsor\w*|alliance|party to|independent|"
    r"loan|backed|supplier\w*|neighbou?r\w*|contract\w*|works? for|partnership|signed",
    "role": r"president|minister|leader|head|chief|director|lawyer|doctor|teacher|captain|chairman|"
    r"chairwoman|manager|coach|founder|mayor|judge|driver|professor|engineer|officer|candidate|"
    r"owner|author|editor|farmer|nurse|actor|actress|singer|former|deputy|whose|who|identity|"
    r"amateur|professional|nationality|citizen|native|born|daughter of a|career|trained|student",
    "able": r"can|could|able|unable|cannot|impossible|possible|allow\w*|permit\w*|ban(?:ned|s)?|"
    r"capable|power(?:s|less)?|must|may|enough|too|forbid\w*|forbidden|prevent\w*|"
    r"required|equipped|"
    r"designed to|fit to|working|works|open to|access|broken",
    "all": r"all|every|each|entire(?:ly)?|whole|wholly|everyone|everybody|always|"
    r"only|alone|sole\w*|"
    r"single|exclusively|complete\w*|nothing but|throughout|the lot|without exception|any",
    "some": r"some|several|few|many|most(?:ly)?|dozens|hundreds|thousands|both|two|three|half|"
    r"either|others?|another|part|partly|handful|various|couple|pair|bulk|majority|minority",
    "where": r"in|at|near|inside|outside|abroad|home|north|south|east|west|northern|southern|"
    r"eastern|western|kilomet(?:er|re)s|miles|street|village|town|city|port|coast|sea|island|river|"
    r"border|hall|room|church|hotel|airport|station|country|valley|mountain|lake|"
    r"shore|hills?|beach",
    "when": r"minutes?|hours?|days?|weeks?|months?|years?|decades?|century|centuries|fortnight|"
    r"weekend|ago|recent(?:ly)?|soon|immediate\w*|within|until|since|daybreak|dusk|sunrise|sunset|"
    r"date|deadline|during|annual|end of|start of|beginning|mid-\w+|christmas|easter|sunday",
    "amount": r"percent|per cent|share|proportion|total|sum|worth|price|cost|million|billion|tons?|"
    r"tonnes|kilos?|euros?|dollars?|pounds?|number|figure|quarter|third|half|double|"
    r"dozens?|scores?|"
    r"hundreds?|thousands?|amount|population|toll|turnout|budget|votes?|points?|aged?|size",
}
CUES = {
    family: re.compile(rf"\b(?:{words})(?!\w)", re.IGNORECASE)
    for family, words in _FAMILIES.items()
}

# Words that turn a sentence round by themselves, and words that say how many of a group.
NEGATORS = frozenset(
    "not no never none nobody nothing neither nor without cannot nowhere hardly scarcely fail fails failed "
    "refuse refuses refused unable lack lacks lacked".split()
)
QUANTIFIERS = frozenset(
    "all every each both some any either most many few several half only no none always sometimes often "
    "rarely seldom".split()
)

# In order; the place in it is the value.
ORDINALS = tuple(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth".split()
)
# Words of which one excludes the others where they stand in one place.
RIVALS = (
    frozenset((*ORDINALS, "last")),
    frozenset("red orange yellow green blue purple pink brown black white grey gray".split()),
    frozenset("before after during until since".split()),
    frozenset("above below under over beside inside outside behind".split()),
)

# Verbs that tell that something is told; which of them stands there seldom matters.
REPORTING = frozenset(
    "announced announces reported reports published publishes posted posts mentioned mentions said says told "
    "tells stated states noted notes claimed claims added adds described describes explained explains showed "
    "shows".split()
)

# Families whose clash makes a kind by itself, with the kind.
OPPOSED_FAMILIES = (
    ("dead", "alive", "status_alive_dead"),
    ("dead", "hurt", "status_alive_dead"),
    ("held", "free", "custody_outcome"),
    ("guilty", "cleared", "custody_outcome"),
)

OPPOSITES = """
rise fall; rose fell; risen fallen; increase decrease; increased decreased; up down; grew shrank;
grown shrunk; open closed; opened closed; opens closes; accept reject; accepted rejected;
approve reject; approved rejected; approved refused; win lose; won lost; wins loses;
support oppose; supported opposed; supports opposes; welcomed condemned; praised criticised;
praised criticized; confirmed denied; confirm deny; admitted denied; start end; started ended;
began ended; begin end; first last; early late; earlier later; old new; young old; high low;
higher lower; highest lowest; large small; larger smaller; largest smallest; big little;
biggest smallest; fast slow; faster slower; strong weak; stronger weaker; rich poor; hot cold;
warm cold; wet dry; light dark; heavy light; full empty; public private; public secret;
legal illegal; safe dangerous; safe unsafe; guilty innocent; calm panic; same different;
same separate; majority minority; permanent temporary; voluntary forced; true false; right wrong;
inside outside; indoors outdoors; north south; northern southern; east west; eastern western;
left right; above below; before after; arrived left; arrive leave; came went; enter leave;
entered left; joined left; join leave; found lost; kept lost; keep lose; remained left; stay leave;
stayed left; bought sold; buy sell; lent borrowed; allow ban; allowed banned; permitted banned;
remembered forgot; success failure; succeeded failed; succeed fail; passed failed; pass fail;
always never; everyone nobody; everything nothing; all none; more less; more fewer; most least;
best worst; better worse; cheap expensive; cheaper dearer; love hate; loved hated; peace war;
man woman; men women; male female; boy girl; boys girls; he she; his her; husband wife;
son daughter; sons daughters; brother sister; mother father; king queen; awake asleep; alone
together; sober drunk; single married; married divorced; unanimous split; unanimously narrowly;
postponed advanced; cancelled held; resumed suspended; tightened loosened; raised lowered;
raised cut; raise cut; expanded cut; added removed; built demolished; hired fired; appointed
dismissed; promoted demoted; united divided; attended absent; present absent; known unknown;
friend enemy; ally rival; ahead behind; long short; longer shorter; wide narrow; deep shallow;
thick thin; clean dirty; hard soft; easy difficult; quiet loud; silent noisy; deliberate accidental;
deliberately accidentally; official unofficial; domestic foreign; local foreign; urban rural;
military civilian; standing sitting; sleeping awake; happy sad; smiling frowning; maximum minimum;
minor major; simple complex; common rare; ancient modern; day night; morning evening
"""


def _opposites() -> dict[str, frozenset[str]]:
    table: dict[str, set[str]] = {}
    for pair in OPPOSITES.replace("\n", " ").split(";"):
        one, other = pair.split()
        table.setdefault(one, set()).add(other)
        table.setdefault(other, set()).add(one)
    return {word: frozenset(others) for word, others in table.items()}


OPPOSITE_OF = _opposites()


@dataclass(frozen=True, slots=True)
class Cue:
    """A word or two of a family, where they stand."""

    family: str
    text: str
    start: int
    end: int


def cues(text: str) -> dict[str, list[Cue]]:
    """Cues of a sentence by family; families without any are left out."""
    found: dict[str, list[Cue]] = {}
    for family, pattern in CUES.items():
        hits = [Cue(family, m.group(), m.start(), m.end()) for m in pattern.finditer(text)]
        if hits:
            found[family] = hits
    return found
