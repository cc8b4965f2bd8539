#!/usr/bin/env python3
"""Sales, orders, refunds, units shipped and units received back of every day, straight from the UCI file.

usage: python3 uci_daily.py online_retail_full.csv.gz > expected.tsv

Python's standard library only, nothing of the product: the rules of the import, written down a second time. What is left out goes to stderr.
A line of the output: day, orders, sales, refunds (pence), units shipped, units received back.
"""
import collections
import csv
import decimal
import gzip
import io
import sys

# lines of money and not of goods
SERVICE = {"POST", "DOT", "C2", "M", "D", "S", "B", "BANK CHARGES", "AMAZONFEE", "CRUK"}


def rows(path):
    with open(path, "rb") as raw:
        data = raw.read()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    return csv.DictReader(io.StringIO(data.decode("utf-8"), newline=""))


def main(path):
    day_of = {}  # an invoice happens when its first line does
    orders = collections.defaultdict(set)
    figures = collections.defaultdict(collections.Counter)
    left_out = collections.Counter()
    days = set()
    total = 0
    for row in rows(path):
        total += 1
        number = row["InvoiceNo"]
        day = day_of.setdefault(number, row["InvoiceDate"][:10])  # the file's clock is London's
        days.add(day)
        quantity = int(row["Quantity"])
        pence = decimal.Decimal(row["UnitPrice"]) * 100
        goods = row["StockCode"].upper() not in SERVICE
        if number[0] == "A":
            left_out["bad-debt entries (invoice A…), to quarantine"] += 1
        elif pence != pence.to_integral_value():
            left_out["price is no whole penny"] += 1
        elif number[0] == "C":
            if quantity >= 0:
                left_out["credit note lines that take nothing back"] += 1
                continue
            figures[day]["refunds"] += -quantity * int(pence)
            if goods:
                figures[day]["received"] += -quantity
            else:
                left_out["service lines of credit notes: money, no goods"] += 1
        elif quantity < 0:
            left_out["stock adjustments (negative, no C): neither sold nor shipped"] += 1
        elif quantity == 0 or pence <= 0:
            left_out["lines without a price"] += 1
        else:
            orders[day].add(number)
            figures[day]["sales"] += quantity * int(pence)
            if goods:
                figures[day]["shipped"] += quantity
            else:
                left_out["service lines of orders: money, not shipped"] += 1
    for day in sorted(days):
        f = figures[day]
        print(day, len(orders[day]), f["sales"], f["refunds"], f["shipped"], f["received"], sep="\t")
    print(f"{total} lines, {len(days)} days", file=sys.stderr)
    for what, count in sorted(left_out.items()):
        print(f"  {count:7d}  {what}", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1])
