"""What a zone behind a time of day says: its distance from UTC, for names that mean one zone alone."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

# Hours ahead of UTC. Left out is what several places call theirs: EST, CST, MST, PST, IST, BST.
NAMED = {
    **{"HST": -10, "AKDT": -8, "PDT": -7, "MDT": -6, "CDT": -5, "EDT": -4, "CLT": -4, "BRT": -3, "ART": -3},
    **{"WAT": 1, "CET": 1, "MEZ": 1, "CEST": 2, "MESZ": 2, "CAT": 2, "SAST": 2, "EET": 2, "EEST": 3, "EAT": 3, "MSK": 3},
    **{"PKT": 5, "NPT": 5.75, "WIB": 7, "WITA": 8, "HKT": 8, "SGT": 8, "AWST": 8, "WIT": 9, "JST": 9, "KST": 9},
    **{"ACST": 9.5, "ACDT": 10.5, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13},
}
# Without a word of whether it is summer: the day tells.
OF_THE_YEAR = {"ET": "America/New_York", "CT": "America/Chicago", "MT": "America/Denver", "PT": "America/Los_Angeles"}
NAMED_ZONE = rf"(?-i:{'|'.join((*NAMED, *OF_THE_YEAR))})\b"  # in capitals: "10:05 et 12:05" is French


def offset_of(zone: str | None, when: datetime) -> timedelta | None:
    """Return how far ahead of UTC a zone is at a time on its clock: `Z`, `GMT`, `+01:00`, `+0100`, `UTC+2`, `CEST`, `ET`.

    None for none or nonsense.
    """
    if not zone:
        return None
    if zone in NAMED:
        return timedelta(hours=NAMED[zone])
    if zone in OF_THE_YEAR:
        return when.replace(tzinfo=ZoneInfo(OF_THE_YEAR[zone])).utcoffset()
    digits = re.sub(r"[^\d+-]", "", zone)
    if not digits:
        return timedelta(0)
    sign, number = (-1 if digits[0] == "-" else 1), digits.lstrip("+-")
    hours, minutes = (int(number), 0) if len(number) <= 2 else (int(number[:-2]), int(number[-2:]))
    return sign * timedelta(hours=hours, minutes=minutes) if hours <= 14 and minutes < 60 else None
