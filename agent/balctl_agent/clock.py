"""Time that nobody can set: seconds since boot, suspended time included."""

import time


def boot_seconds() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def utc_stamp(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def parse_stamp(text: str) -> float:
    """Unix seconds of an RFC 3339 time in UTC (`Z` or `+00:00`, fractions allowed). ValueError if it is not one."""
    whole = text.replace("+00:00", "Z")
    if not whole.endswith("Z"):
        raise ValueError("not a UTC time")
    head, _, fraction = whole[:-1].partition(".")
    parts = time.strptime(head, "%Y-%m-%dT%H:%M:%S")
    return days_since_epoch(parts.tm_year, parts.tm_mon, parts.tm_mday) * 86400.0 + (
        parts.tm_hour * 3600 + parts.tm_min * 60 + parts.tm_sec + (float("0." + fraction) if fraction else 0.0)
    )


def days_since_epoch(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01 in the proleptic Gregorian calendar."""
    year -= month <= 2
    era = year // 400
    of_era = year - era * 400
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468


def parse_http_date(text: str) -> float:
    """Unix seconds of an HTTP Date header (RFC 9110 section 5.6.7). Month names by hand: strptime follows the locale."""
    fields = text.split()
    if len(fields) != 6 or fields[5] != "GMT" or fields[2].lower() not in HTTP_MONTHS:
        raise ValueError("not an HTTP date")
    hour, minute, second = (int(part) for part in fields[4].split(":"))
    days = days_since_epoch(int(fields[3]), HTTP_MONTHS.index(fields[2].lower()) + 1, int(fields[1]))
    return days * 86400.0 + hour * 3600 + minute * 60 + second


HTTP_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
