/** What people write into the fields of a source, as the ingest service takes it. */
import * as z from 'zod';
import { PLATFORMS, type SourceSettings } from '#lib/contracts/sources.ts';

/** `3,99` or `3.99`, with at most two decimals → hundredths; blank: 0 */
const hundredths = z
  .string()
  .trim()
  .regex(/^(?:\d{1,8}(?:[.,]\d{1,2})?)?$/)
  .transform((text) => {
    const [whole = '', fraction = ''] = text.split(/[.,]/);
    return Number(`${whole || '0'}${fraction.padEnd(2, '0')}`);
  });

/** One pair a line: `271878346596884015;CAFE-1KG`, also with a comma, a tab or `=` between. */
const skus = z
  .string()
  .max(1_000_000)
  .transform((text, context): Record<string, string> => {
    const pairs: [string, string][] = [];
    for (const line of text.split('\n')) {
      if (line.trim() === '') continue;
      const match = /^\s*(\d{1,30})\s*[;,=\t]\s*(\S(?:.{0,126}\S)?)\s*$/.exec(line);
      if (!match) {
        context.addIssue({ code: 'custom', message: 'not a pair' });
        return z.NEVER;
      }
      pairs.push([match[1] ?? '', match[2] ?? '']);
    }
    return Object.fromEntries(pairs);
  });
const account = z.string().trim().min(1).max(128);

const Fields = z.object({
  account: z
    .string()
    .trim()
    .max(128)
    .transform((text) => text || null)
    .optional(),
  bank_account: account.optional(),
  cash_account: account.optional(),
  fee_percent: hundredths.pipe(z.int().max(10_000)).optional(),
  fee_fixed: hundredths.pipe(z.int().max(1_000_000)).optional(),
  reference: z.enum(['none', 'order', 'invoice']).optional(),
  currency: z
    .string()
    .trim()
    .toUpperCase()
    .regex(/^[A-Z]{3}$/)
    .optional(),
  skus: skus.optional()
});

/** Only what the form held: a platform's form holds its own settings. */
const Settings = Fields.transform(({ fee_percent, fee_fixed, ...rest }): Partial<SourceSettings> => {
  const told = { ...rest, fee_bps: fee_percent, fee_fixed_minor: fee_fixed };
  return Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined));
});

const minutes = z.union([z.literal('').transform(() => null), z.coerce.number().int().min(1).max(525_600)]);
const secret = z
  .string()
  .trim()
  .max(512)
  .transform((text) => text || undefined);
const source = z.string().trim().min(1).max(128);

export const AddForm = z.object({
  platform: z.enum(PLATFORMS),
  source: source.regex(/^[A-Za-z0-9][A-Za-z0-9._~:@-]*$/),
  secret
});
export const SaveForm = z.intersection(
  z.object({ source, silent_after_minutes: minutes }),
  z
    .record(z.string(), z.unknown())
    .pipe(Settings)
    .transform((settings) => ({ settings }))
);
export const RotateForm = z.object({ source, secret, overlap_hours: z.coerce.number().int().min(0).max(720) });
export const OneForm = z.object({ source });
