#!/usr/bin/env python3
"""The same lines as uci_daily.py, as the running product answers them.

usage: python3 uci_served.py expected.tsv URL READ_TOKEN DATA_DIR/clickhouse.json > served.tsv
       diff expected.tsv served.tsv

Of expected.tsv only the days are read. Orders, sales and refunds: GET /api/v1/kpis as of the end of each day in Europe/London (the server must run with
BUSINESS_CURRENCY=GBP BUSINESS_TIMEZONE=Europe/London). Units have no figure of a day (return-rate is a month's): they are summed from the derived
stock movements and receipts in ClickHouse.
"""
import datetime
import json
import sys
import urllib.parse
import urllib.request
import zoneinfo

LONDON = zoneinfo.ZoneInfo("Europe/London")
IDS = ("orders-today", "sales-today", "refunds-today")
UNITS = """
SELECT day, sum(shipped) AS shipped, sum(received) AS received
FROM
(
    SELECT toString(toDate(time, 'Europe/London')) AS day, -quantity AS shipped, 0 AS received
    FROM stock_movements_v1
    WHERE bucket = 'on_hand' AND kind = 'shipped'
    UNION ALL
    SELECT toString(toDate(time, 'Europe/London')) AS day, 0 AS shipped, quantity AS received
    FROM return_receipts_v1
)
GROUP BY day
FORMAT JSONEachRow
"""


def ask(url, headers, body=None):
    request = urllib.request.Request(url, data=body, headers=headers)
    with urllib.request.urlopen(request, timeout=120) as answer:
        return answer.read().decode("utf-8")


def units(address):
    query = urllib.parse.urlencode({"database": address["database"], "output_format_json_quote_64bit_integers": 0})
    headers = {"X-ClickHouse-User": address["username"], "X-ClickHouse-Key": address["password"]}
    text = ask(f"{address['url'].rstrip('/')}/?{query}", headers, UNITS.encode())
    return {row["day"]: row for row in map(json.loads, text.splitlines())}


def figures(url, token, day):
    end = datetime.datetime.combine(day, datetime.time(23, 59, 59, 999000), LONDON).isoformat(timespec="milliseconds")
    query = urllib.parse.urlencode({"ids": ",".join(IDS), "as_of": end})
    answer = json.loads(ask(f"{url}/api/v1/kpis?{query}", {"Authorization": f"Bearer {token}"}))
    values = {}
    for tile in answer["kpis"]:
        value = tile["value"]
        # empty before the first refund: nothing was told of money given back
        values[tile["id"]] = 0 if value is None else value["minor"] if isinstance(value, dict) else value
    return [values[name] for name in IDS]


def main(expected, url, token, record):
    with open(record, encoding="utf-8") as file:
        moved = units(json.load(file))
    with open(expected, encoding="utf-8") as file:
        days = [line.split("\t")[0] for line in file]
    for day in days:
        unit = moved.pop(day, {"shipped": 0, "received": 0})
        print(day, *figures(url.rstrip("/"), token, datetime.date.fromisoformat(day)), unit["shipped"], unit["received"], sep="\t")
    for day, unit in sorted(moved.items()):
        print(day, "a day that is not in the file", unit, sep="\t")


if __name__ == "__main__":
    main(*sys.argv[1:5])
