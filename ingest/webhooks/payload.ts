/** Payloads of platforms: every number as the text it was written in, so that no id and no amount is changed by reading it. */
import { hash } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import { z } from 'zod';
import { minorDigits } from '#lib/contracts/money.ts';
import { firstFault, type Fault } from '#ingest/decode/fault.ts';
import { parseExactly } from '#ingest/decode/exact-numbers.ts';
import { NOT_JSON, type Told, type Understood } from './platform.ts';

/** Deeper than any real payload. */
const DEPTH_MAX = 64;

function isTooDeep(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth === DEPTH_MAX || Object.values(value).some((child) => isTooDeep(child, depth + 1));
}

/** @returns the body with each number as its text (`820982911946154508`, `94.51`) */
export function readPayload(raw: Buffer): unknown {
  if (!isUtf8(raw)) return NOT_JSON;
  try {
    const value = JSON.parse(raw.toString('utf8'), (_key, read: unknown, { source }) =>
      typeof read === 'number' && source !== undefined ? source : read
    );
    return isTooDeep(value) ? NOT_JSON : value;
  } catch {
    return NOT_JSON;
  }
}

/** A JSON number; serializers write large ones with an exponent (`1.0E7`). No money has one of more than three digits. */
const DECIMAL = /^(-?)(\d{1,16})(?:\.(\d{1,20}))?(?:[eE]([+-]?\d{1,3}))?$/;

/** @returns undefined: no decimal number, more decimals than the currency has, or beyond 2^53 */
export function toMinor(text: string, digits: number): number | undefined {
  const match = DECIMAL.exec(text);
  if (!match) return undefined;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const written = whole + fraction;
  // of what is written, so many digits are minor units: none when the point is further left
  const units = Math.max(0, whole.length + Number(exponent) + digits);
  if (/[1-9]/.test(written.slice(units))) return undefined;
  const minor = Number(written.slice(0, units).padEnd(units, '0'));
  if (!Number.isSafeInteger(minor)) return undefined;
  return sign === '-' && minor !== 0 ? -minor : minor;
}

/** A decimal amount in a currency → minor units. */
export const Amount = (currency: string) =>
  z.string().transform((text, context) => {
    const minor = toMinor(text, minorDigits(currency));
    if (minor !== undefined) return minor;
    context.addIssue({ code: 'custom', message: `${text.slice(0, 40)} is no amount in ${currency}` });
    return z.NEVER;
  });

/** A whole number as the payload wrote it. */
export const Whole = z.string().transform((text, context) => {
  const value = /^-?\d{1,16}$/.test(text) ? Number(text) : NaN;
  if (Number.isSafeInteger(value)) return value;
  context.addIssue({ code: 'custom', message: 'expected a whole number within ±(2^53 − 1)' });
  return z.NEVER;
});

/** Platforms leave out, or write null, as they please. */
export const isNone = (value: unknown): value is null | undefined => value === null || value === undefined;

/** A field that may be left out, null, or an empty text: all of them mean none. */
export const Optional = <T extends z.ZodType>(field: T) =>
  z.preprocess((value) => (value === '' ? undefined : value), field.nullish());

/** Ids of the platform, short enough to be part of ours. */
export const PlatformId = z.string().min(1).max(100);

/** @param minor at least 0; rounded to the nearest, halves up; never more than the amount itself */
export function feeOf(
  minor: number,
  { fee_bps, fee_fixed_minor }: { fee_bps: number; fee_fixed_minor: number }
): number {
  const share = (BigInt(minor) * BigInt(fee_bps) + 5_000n) / 10_000n;
  return Math.min(minor, Number(share) + fee_fixed_minor);
}

/** An id for what the platform gave none: the same bytes give the same id. */
export const idOfBody = (raw: Buffer): string => `sha256-${hash('sha256', raw, 'hex').slice(0, 48)}`;

/** Tells two states of one thing apart that the platform gives one moment: the same data gives the same text. */
export const tagOf = (data: object): string => hash('sha256', JSON.stringify(data), 'hex').slice(0, 12);

/**
 * A payload we should understand and do not: kept whole, under a type that names it.
 * @param id as the platform gave it, else that of the body
 */
export function unusable(
  about: { told: string; subject: string; type: string; raw: Buffer; id?: string | undefined },
  fault: Fault
): Understood {
  const { raw, id = idOfBody(raw) } = about;
  // digit by digit, for whoever repairs it
  const data = parseExactly(raw.toString('utf8'));
  const kept: Told = { id, type: about.type, data, fault };
  return { told: about.told, subject: about.subject, events: [kept] };
}

/** Where in the payload and why, from what zod found; the path leads into the envelope's data. */
export const payloadFault = (error: z.ZodError, payload: unknown): Fault => firstFault(error, payload, ['data']);
