"""A line of an article -> which kind of web-page furniture it is, or None for the article itself.

A line is furniture only when the whole of it is. A rule therefore describes a complete line, and
asks for what news prose lacks: no final full stop, nothing but a date, nothing but names.
Missing a line costs little (one more sentence is compared); a wrong mark hides a sentence.
"""

from __future__ import annotations

import re
import unicodedata

# A line longer than this is prose, whatever its words. It also bounds the work of the rules.
_LONGEST = 400

_AGENCY = (
    r"(?:the )?(?:associated press|ap|reuters|afp|agence france-presse|press association|pa media"
    r"|pa|upi|dpa|bloomberg|bbc news|cnn|epa|xinhua|yonhap|getty images|getty|shutterstock|alamy|rex features)"
)
_PLATFORM = r"(?:twitter|facebook|instagram|x|whatsapp|youtube|linkedin|telegram|google\+|tiktok|reddit|pinterest)"
_NAME = r"(?:(?:Dr|Sir|St)\.? )?[A-Z][\w.'’-]*(?: (?:van|von|de|der|al|bin|el|la|[A-Z][\w.'’-]*)){1,3}"
_NAMES = rf"{_NAME}(?:(?:, and|,| and| &) {_NAME})*"

# Each entry is a whole line without its final mark.
_PROMPTS = (
    r"(?:click (?:here )?to )?read (?:more|on|(?:the )?(?:full|rest of the) (?:story|article))"
    r"(?: (?:here|stories|(?:about|on|from) .{1,60}))?",
    r"(?:read|see) (?:more|also|next)\s?:.{1,160}",
    r"(?:related|also read|more from .{1,30}|more on this|watch|recommended|don['’]t miss|up next)\s?:.{1,160}",
    r"(?:leave|post|add|write)(?: a)? (?:comment|reply)",
    r"(?:(?:view|show|hide|see|read|load) )?(?:all )?(?:no |\d[\d,]* )?comments(?: ?\(?\d*\)?)?",
    r"(?:no|\d[\d,]*) (?:comment|share|like|repl(?:y|ie)|view)s?",
    r"comments are (?:now )?(?:closed|off|disabled).{0,40}",
    r"join the (?:conversation|discussion)",
    r"(?:share|tell us) your (?:thoughts|views|opinion|story)\b.{0,60}",
    r"(?:share|tweet|email|e-mail|print|save|like|pin|reddit|copy link|comment)",
    r"(?:share|tweet|email|print|save) (?:this|it)(?: (?:article|story|page|post|video|with.{0,40}))?"
    r"(?: (?:on|via|with|to|by) .{1,40})?",
    rf"(?:share|tweet|save|pin|post)(?: it| this)? (?:on|to|via) (?:email|{_PLATFORM})\b.{{0,60}}",
    r"(?:sign|log) (?:in|up|out)(?: (?:here|now|today|free|for free))?",
    r"(?:sign up|subscribe|register) (?:(?:here|now|today) )?(?:to|for|with) [^,]{0,80}\b"
    r"(?:newsletters?|e?-?mails?|alerts?|briefings?|updates|channel|podcast|inbox|account|access)\b.{0,60}",
    r"subscribe(?: (?:here|now|today|to continue.{0,30}|for (?:more|free).{0,40}))?",
    r"get .{0,60}(?:newsletter|(?:in|to) your inbox).{0,60}",
    # News prose goes on after a comma: "Find missing girl on Facebook, police urge".
    r"(?:follow|like|find|join) (?:us|me|@\w+|.{1,40}) on (?:(?:\w+, )*\w+ (?:and|or|&) )?"
    rf"{_PLATFORM}\b(?:, {_PLATFORM}\b)*[^,]{{0,80}}",
    r"(?:or )?follow (?:us|me|@\w+)(?: (?:here|at|@|via)\b.{0,60})?",
    r"(?:click|tap) (?:here|below)\b(?!,).{0,100}",
    r"(?:scroll|swipe) (?:down|left|right)(?: (?:for|to)\b.{0,60})?",
    r"(?:advertisement|advert|ad|sponsored(?: content)?|promoted(?: (?:content|stories))?)"
    r"(?: ?[–—:-]? ?(?:continue reading|story continues|scroll)\b.{0,40})?",
    r"(?:story|article) continues(?: (?:below|after)\b.{0,30})?",
    r"continue reading(?: .{0,60})?",
    r"(?:we|this (?:site|website|page)|our (?:site|website)) uses? cookies\b.{0,300}",
    r"by (?:continuing|using|browsing)\b.{0,60}\b(?:site|website|browse)\b.{0,60}\b"
    r"(?:agree|accept|consent)\b.{0,200}",
    r"(?:accept|reject|manage)(?: all)? (?:cookies|preferences)",
    r"cookie (?:policy|settings|notice)",
    r"media playback is .{1,40}|please enable javascript.{0,80}",
    r"(?:download|get) (?:the|our) (?:free )?(?:\w+ )?app\b.{0,60}",
    r"loading|play video|(?:watch|see) the (?:video|gallery|photos) (?:here|below|above)",
    r"thank you for reading.{0,60}|have you got a (?:story|tip).{0,120}",
)
_NAVIGATION = (
    r"(?:skip|jump|back) to (?:main |the )?(?:content|navigation|top|search|comments|homepage)",
    r"(?:previous|next)(?: (?:article|story|page|post))?|menu|search|home|close|top",
    r"most (?:popular|read|viewed|shared)(?: (?:stories|news|articles?))?",
    r"more (?:stories|news|on this story|from .{1,30}|like this)",
    r"(?:related|similar|latest|top|other|trending|popular|recommended|editor['’]?s['’]?) "
    r"(?:articles?|stories|topics?|content|news|videos?|links?|picks?|posts?|coverage)",
    r"(?:topics?|tags?|tagged|filed under|categor(?:y|ies)|keywords)\s?:.{1,160}",
    r"(?:you (?:may|might) also like|elsewhere on the web|around the (?:web|bbc)|external links"
    r"|see also|trending(?: now)?|view (?:all|gallery|more))",
    r"[^.!?|›»>]{1,30}(?:[|›»>][^.!?|›»>]{1,30}){2,}",
    r"(?:https?://|www\.)\S+|(?:e-?mail: ?)?[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+",
)
# Capitals tell a name from a word, so these keep case.
_BYLINES = (
    # What follows may be a post or a place; a clause that ends in a full stop makes it a sentence.
    rf"(?:Written |Report )?(?:By|BY|by):? {_NAMES}(?:\s?[,|/(–—-](?!.*\s[a-z]+\b.*\.$).{{0,70}})?",
    rf"(?:By|BY):? {_NAMES} (?:in|at|for|of) (?:the )?[A-Z][\w ]{{1,40}}",
    r"(?:By|BY) [A-Z][A-Z.'’-]+ [A-Z.'’ -]{2,60}(?:,.{0,60})?",
    rf"(?i:(?:by )?\(?{_AGENCY}(?: (?:staff|reporters?))?\)?)",
    rf"{_NAME}, (?![\w ]*\b(?:who|whose|was|is|has|had|said|says)\b)"
    r"[\w ]{0,30}(?i:staff|reporter|writer|correspondent|editor)(?: (?:in|at|for|of|and) [\w ]{0,40})?",
    r"(?i:\(?(?:additional )?(?:reporting|writing|editing) by\b.{3,200})",
    r"(?i:(?:from |by )?(?:our )?(?:foreign )?staff (?:reports?|writers?|reporters?|and agencies))",
    r"(?i:\d+\s?-?min(?:ute)?s?[ -]read)",
    r"[A-Z][A-Z.,'’ -]{2,40}(?:[\w.,' ]{2,40})?\((?:AP|AFP|Reuters|UPI|PA)\)\W*",
)
_PICTURE = r"(?:photograph|photo|picture|pic|image|video|media)"
_CAPTIONS = (
    rf"(?:file )?(?:{_PICTURE}s?|illustration|composite|graphic|credits?|caption|courtesy)"
    rf"(?: (?:credits?|caption|copyright|by|courtesy(?: of)?|source))?\s?[:©].{{1,300}}",
    r"(?:image|media|video|photo) (?:caption|copyright) \w.{1,200}",
    r"(?:image|media|video|photo) (?:caption|copyright|source), .{1,200}",
    rf"{_PICTURE} (?:credit|courtesy of|by) .{{1,80}}(?<![.!?])",
    rf".{{0,300}}\((?:file )?(?:{_PICTURE}|credit)s?(?: courtesy)?(?: of)?(?:\s?[:/]| by )[^()]*\)"
    r"\.?",
    rf".{{0,300}}\((?:{_AGENCY} (?:photo|images?|file)[^()]*|{_AGENCY}\s?/[^()]*)\)\.?",
    r".{0,300}\((?:file|file photo|getty images|shutterstock)\)\.?",
    r".{0,300}\b(?-i:Photograph|Photo|Picture|Image): [\w .'’/-]{2,60}(?<!\.)",
    r"(?:ap|afp) photo ?/.{2,60}(?<!\.)",
    rf"[^.!?]{{2,50}}/\s?{_AGENCY}",
)
_HOLDER = r"(?-i:[A-Z][\w.&'’-]*(?: [A-Z][\w.&'’-]*| (?:of|and|the|&))*\W*$)"
_COPYRIGHT = (
    # "(c)" is also the third point of a list.
    rf"(?:©|\(c\)(?=,? ?(?:copyright\b|(?:19|20)\d\d|{_HOLDER}))"
    r"|copyright[\s:]+(?:©|\(c\)|(?:19|20)\d\d)).{0,250}",
    r"(?:.{0,200}[.!?|,] )?all rights reserved(?:[.,|;].{0,200})?",
    r"(?:.{0,150}\b)?(?:this|the)(?: \w+)? (?:material|article|story|content)\b[^.]{0,60}?"
    r" may not be (?:published|reproduced|copied|redistributed).{0,200}"
    r"(?:broadcast|redistributed|permission|consent).{0,80}",
)


def _rule(patterns: tuple[str, ...], flags: int = re.IGNORECASE) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), flags)


_PROMPT_LINE = _rule(_PROMPTS)
_RULES = (
    ("byline", _rule(_BYLINES, 0)),
    ("caption", _rule(_CAPTIONS)),
    ("copyright", _rule(_COPYRIGHT)),
    ("navigation", _rule(_NAVIGATION)),
)
# "Talks begin Read more" is a link. "Why Children Should Read More" is a headline in title case:
# that spelling counts only after the end of another phrase.
_LINK = re.compile(
    r"(?!.*[a-z]{2}[.!?][”\"’']? )(?:.{8,200}[^\s.!?]|.{8,200}U\.S\.) (?:Read more|(?<=[a-z] )READ MORE)"
)
_LINK_AFTER_MARK = re.compile(r".{8,250}[|…»>–—]\s?(?:read more|click here|watch video)", re.I)
# "Read more." can be what a minister told pupils; these can only be said to the reader.
_CALL = re.compile(
    r"follow .* on|like us|subscribe to|sign up|click here (?:to|for)|comments are|share this "
    r"(?:article|story)|get .* inbox|download|this (?:site|website)|we use|by continuing|thank you",
    re.IGNORECASE,
)
_NOT_A_NAME = re.compile(
    r"by (?:the|law|default|then|now|\d.*|new year|christmas|boxing day|election|labou?r day"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day|january"
    r"|february|march|april|may|june|july|august|september|october|november|december)\b",
    re.IGNORECASE,
)

_DATE_LABEL = re.compile(
    r"(?:(?:this (?:article|story|page|post) was )?(?:first |last |originally )?"
    r"(?:published|updated|modified|posted|created|amended)|date)\b(?: on| at)?:?",
    re.IGNORECASE,
)
_DATE_WORD = re.compile(
    r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec|january|february|march|april|august|september"
    r"|october|november|december|mon|tues?|wed|thu|thurs|fri|sat|sun|(?:mon|tues|wednes|thurs|fri|satur|sun)day"
    r"|\d{1,4}(?:st|nd|rd|th)?|\d{1,2}(?:[:.]\d\d){1,2}(?:[ap]m)?|\d{1,2}[ap]m|[ap]\.?m|[ecmp][sd]?t|gmt|utc|bst"
    r"|ist|aest|\d\dt[\d:.]+z?|at|on|of|ago|an?|min(?:ute)?s?|hours?|days?|updated|published)\.?",
    re.IGNORECASE,
)
_CERTAIN_DATE = re.compile(r"(?:19|20)\d\d|\d[:.]\d\d|\bago$", re.IGNORECASE)
_DATE_BREAK = re.compile(r"[\s,|/()•·—–-]+")
_DATELINE = re.compile(r"[A-Z]{3}[A-Z .,'-]{0,40}(?:, [\w. ]{2,30})?(?: ?\([\w ]{2,20}\))? ?[–—_-]{1,2}")
_ORNAMENT = " \t\u00a0\u200b\ufeff•·▪●◦‣*»›>«‹<|→▶►▼▲↓↑-–—_[]"


def fold(text: str) -> str:
    """Letters and digits only, case folded: equal for two printings of one line."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())


def kind_of_line(line: str) -> str | None:
    """What furniture a whole line is: "prompt", "byline", "caption", ..., or None for prose."""
    if len(line) > _LONGEST:
        return None
    if not any(map(str.isalnum, line)):
        return "separator"
    bare = " ".join(line.strip(_ORNAMENT).split())
    if _LINK.fullmatch(bare) or _LINK_AFTER_MARK.fullmatch(bare) or _is_prompt(bare):
        return "prompt"
    if _is_date(bare) or _DATELINE.fullmatch(line):
        return "byline"
    for kind, rule in _RULES:
        if rule.fullmatch(bare) and not (kind == "byline" and _NOT_A_NAME.match(bare)):
            return kind
    return None


def kind_of_tail(sentence: str) -> str | None:
    """What furniture the last sentence of a line is, where a link was run into a paragraph."""
    if sentence.endswith((".", "!", "?", "”", "’", '"', "'")):
        return None
    kind = kind_of_line(sentence)
    return kind if kind in ("prompt", "caption", "copyright") else None


def _is_prompt(bare: str) -> bool:
    """Whether a line calls on the reader; one with a full stop must leave no other reading."""
    if _PROMPT_LINE.fullmatch(bare.rstrip("!…: ")):
        return not bare.endswith(".") or bool(_CALL.match(bare))
    return bool(_CALL.match(bare) and _PROMPT_LINE.fullmatch(bare.rstrip(".")))


def _is_date(bare: str) -> bool:
    """Whether a line holds a date and nothing else, as "Last updated 9 Mar 2024" does."""
    label = _DATE_LABEL.match(bare)
    rest = bare[label.end() :] if label else bare
    if len(rest) > 80 or not (label or _CERTAIN_DATE.search(rest)):
        return False
    words = [word for word in _DATE_BREAK.split(rest) if word.strip(":")]
    has_digit = any(map(str.isdigit, rest))
    return has_digit and len(words) > 1 and all(map(_DATE_WORD.fullmatch, words))
