#!/usr/bin/env python3
"""The same lines as ibm_receivables.py, as the running product answers them; fails where the buckets do not add up to what is open.

usage: python3 ibm_served.py URL READ_TOKEN ZONE > served.tsv
       diff expected.tsv served.tsv

The server runs with BUSINESS_CURRENCY=USD, BUSINESS_TIMEZONE=ZONE and BUSINESS_CALENDAR=BR or none, as the expected lines do.
"""
import datetime
import json
import sys
import urllib.parse
import urllib.request
import zoneinfo

DAYS = ("2012-12-31", "2013-03-31", "2013-06-30")
IDS = ("receivables-open", "receivables-overdue", "ageing")


def figures(url, token, end):
    query = urllib.parse.urlencode({"ids": ",".join(IDS), "as_of": end})
    request = urllib.request.Request(f"{url}/api/v1/kpis?{query}", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=120) as answer:
        return {tile["id"]: tile["value"] for tile in json.load(answer)["kpis"]}


def main(url, token, zone):
    for day in DAYS:
        end = datetime.datetime.combine(datetime.date.fromisoformat(day), datetime.time(23, 59, 59, 999000), zoneinfo.ZoneInfo(zone))
        values = figures(url.rstrip("/"), token, end.isoformat(timespec="milliseconds"))
        for name in IDS[:2]:
            print(day, name, values[name]["minor"], sep="\t")
        for part in values["ageing"]:
            print(day, f"ageing {part['bucket']}", part["minor"], part["count"], sep="\t")
        if sum(part["minor"] for part in values["ageing"]) != values["receivables-open"]["minor"]:
            sys.exit(f"{day}: the buckets do not add up to what is open")


if __name__ == "__main__":
    main(*sys.argv[1:4])
