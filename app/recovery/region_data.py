"""What countries and states want of messages, and what lies in which zone: data, to be checked by counsel, not advice.

Hours: 47 CFR 64.1200(c)(1) (8 to 21 where the called party is) and the narrower ones of states, as published by vendors of
SMS in 2025. That consent lifts them is not decided by the FCC (petition of March 2025): they hold in any case. Zones of
states: IANA tz database 2026; a state that lies in two is in both.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from app.recovery.values import Channel

Hours = tuple[int, int]  # from, up to: whole hours of a local day
Week = tuple[Hours, Hours, Hours, Hours, Hours, Hours, Hours]  # Monday first
ALWAYS: Week = ((0, 24),) * 7


@dataclass(frozen=True, slots=True)
class HoursRule:
    """The hours in which a channel may reach people of a country, or of one of its states."""

    country: str
    region: str
    channel: Channel
    week: Week


@dataclass(frozen=True, slots=True)
class SmsRule:
    """What a country wants of reminders by SMS. None: no limit of its own."""

    double_opt_in: bool = False
    per_episode: int | None = None
    within_hours: int | None = None  # of the abandonment


def _daily(first: int, last: int) -> Week:
    return ((first, last),) * 7


_SMS = Channel.SMS
HOURS_RULES = (
    HoursRule("US", "", _SMS, _daily(8, 21)),
    HoursRule("US", "CT", _SMS, _daily(9, 20)),
    HoursRule("US", "FL", _SMS, _daily(8, 20)),
    HoursRule("US", "MD", _SMS, _daily(8, 20)),
    HoursRule("US", "MS", _SMS, _daily(8, 20)),
    HoursRule("US", "NJ", _SMS, _daily(8, 20)),
    HoursRule("US", "OK", _SMS, _daily(8, 20)),
    HoursRule("US", "RI", _SMS, (*((9, 18),) * 5, *((10, 17),) * 2)),
    HoursRule("US", "TX", _SMS, (*((9, 21),) * 6, (12, 21))),
)

# CTIA's handbook for the carriers of the United States; double opt-in is what German and Austrian courts take for proof.
SMS_RULES: Mapping[str, SmsRule] = {
    "US": SmsRule(double_opt_in=True, per_episode=1, within_hours=48),
    "DE": SmsRule(double_opt_in=True),
    "AT": SmsRule(double_opt_in=True),
}

# North American area codes of the states that have rules of their own (NANPA, 2025).
AREA_CODES: Mapping[str, str] = {
    code: state
    for state, codes in {
        "CT": "203 475 860 959",
        "FL": "239 305 321 324 352 386 407 448 561 645 656 689 727 728 754 772 786 813 850 863 904 941 954",
        "MD": "227 240 301 410 443 667",
        "MS": "228 471 601 662 769",
        "NJ": "201 551 609 640 732 848 856 862 908 973",
        "OK": "405 539 572 580 918",
        "RI": "401",
        "TX": "210 214 254 281 325 346 361 409 430 432 469 512 621 682 713 726 737 806 817 830 832 903 915 936 940 945 956 972 979",
    }.items()
    for code in codes.split()
}

# Where somebody with an American number that tells nothing (toll-free, say) may be: everywhere in the fifty states.
SOMEWHERE_IN_THE_US = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "America/Adak",
    "Pacific/Honolulu",
)

_EASTERN, _CENTRAL, _MOUNTAIN, _PACIFIC = SOMEWHERE_IN_THE_US[:3] + SOMEWHERE_IN_THE_US[4:5]
_BOTH_EASTERN, _BOTH_CENTRAL, _BOTH_MOUNTAIN = (_EASTERN, _CENTRAL), (_CENTRAL, _MOUNTAIN), (_MOUNTAIN, _PACIFIC)


def _all(states: str, zones: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    return dict.fromkeys(states.split(), zones)


REGION_ZONES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "US": {
        **_all("CT DC DE GA MA MD ME NC NH NJ NY OH PA RI SC VA VT WV", (_EASTERN,)),
        **_all("AL AR IA IL LA MN MO MS OK WI", (_CENTRAL,)),
        **_all("CO MT NM UT WY", (_MOUNTAIN,)),
        **_all("CA WA", (_PACIFIC,)),
        **_all("FL IN KY MI TN", _BOTH_EASTERN),
        **_all("KS ND NE SD TX", _BOTH_CENTRAL),
        **_all("ID NV OR", _BOTH_MOUNTAIN),
        "AK": ("America/Anchorage", "America/Adak"),
        "AZ": ("America/Phoenix", _MOUNTAIN),  # the Navajo Nation keeps daylight saving time
        "HI": ("Pacific/Honolulu",),
    },
    "CA": {
        "AB": ("America/Edmonton",),
        "BC": ("America/Vancouver", "America/Edmonton", "America/Creston", "America/Dawson_Creek"),
        "MB": ("America/Winnipeg",),
        "NB": ("America/Moncton",),
        "NL": ("America/St_Johns", "America/Goose_Bay"),
        "NS": ("America/Halifax",),
        "NT": ("America/Edmonton", "America/Inuvik"),
        "NU": ("America/Iqaluit", "America/Rankin_Inlet", "America/Cambridge_Bay", "America/Resolute"),
        "ON": ("America/Toronto", "America/Winnipeg", "America/Atikokan"),
        "PE": ("America/Halifax",),
        "QC": ("America/Toronto", "America/Blanc-Sablon", "America/Halifax"),
        "SK": ("America/Regina", "America/Edmonton"),
        "YT": ("America/Whitehorse",),
    },
    "AU": {
        "ACT": ("Australia/Sydney",),
        "NSW": ("Australia/Sydney", "Australia/Broken_Hill", "Australia/Lord_Howe"),
        "NT": ("Australia/Darwin",),
        "QLD": ("Australia/Brisbane",),
        "SA": ("Australia/Adelaide",),
        "TAS": ("Australia/Hobart",),
        "VIC": ("Australia/Melbourne",),
        "WA": ("Australia/Perth", "Australia/Eucla"),
    },
}
