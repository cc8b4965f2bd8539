/** How any CSV becomes events: the description that `--mapping FILE.json` names. Documented with an example in README.md. */
import { z } from 'zod';
import { CURRENCIES } from '#lib/contracts/money.ts';

const column = z.string().min(1);
/** `optional`: an empty cell (or one of `empty`) leaves the field out; otherwise the row is skipped and listed. */
const ofColumn = { column, optional: z.boolean().default(false), empty: z.array(z.string()).default([]) };
const sign = z.enum(['as_written', 'absolute', 'negated']).default('as_written');

const Cell = z.discriminatedUnion('kind', [
  /** a business id; several columns are joined by `/` */
  z.strictObject({
    kind: z.literal('id'),
    ...ofColumn,
    column: z.union([column, z.array(column).min(1)]),
    prefix: z.string().default('')
  }),
  /** words; `words` translates them, and a word it does not know skips the row */
  z.strictObject({ kind: z.literal('text'), ...ofColumn, words: z.record(z.string(), z.string()).optional() }),
  /** an amount into minor units of the mapping's currency */
  z.strictObject({ kind: z.literal('money'), ...ofColumn, sign }),
  /** a calendar date, such as a due date */
  z.strictObject({ kind: z.literal('date'), ...ofColumn }),
  /** a moment, such as when money is expected */
  z.strictObject({ kind: z.literal('time'), ...ofColumn }),
  z.strictObject({ kind: z.literal('integer'), ...ofColumn, sign }),
  z.strictObject({ kind: z.literal('const'), value: z.union([z.string(), z.number(), z.boolean()]) }),
  /** 1, 2, 3 … within the group */
  z.strictObject({ kind: z.literal('ordinal') })
]);
export type Cell = z.infer<typeof Cell>;

const Field = z.union([Cell, z.strictObject({ kind: z.literal('rows'), fields: z.record(z.string(), Cell) })]);
export type Field = z.infer<typeof Field>;

const Condition = z
  .strictObject({
    column,
    is: z.array(z.string()).optional(),
    not: z.array(z.string()).optional(),
    starts_with: z.string().optional(),
    empty: z.boolean().optional()
  })
  .refine((condition) => Object.keys(condition).length > 1, 'say is, not, starts_with or empty');
export type Condition = z.infer<typeof Condition>;

const EventMapping = z
  .strictObject({
    type: z.string().min(1),
    /** rows for which all of these hold */
    where: z.array(Condition).default([]),
    /** the rows with the same values here make one event; left out: each row makes one */
    group_by: z.array(column).min(1).optional(),
    /** what names the event; left out: the group, or all the cells it uses and its ordinal among identical rows */
    id: z.array(column).min(1).optional(),
    /** when it happened; of a group, its first row's */
    time: column,
    data: z.record(z.string(), Field)
  })
  .superRefine((event, context) => {
    if (event.group_by !== undefined) return;
    for (const [name, field] of Object.entries(event.data))
      if (field.kind === 'rows' || field.kind === 'ordinal')
        context.addIssue({ code: 'custom', path: ['data', name], message: `${field.kind} needs group_by` });
  });
export type EventMapping = z.infer<typeof EventMapping>;

export const Mapping = z.strictObject({
  /** names the source when --source does not: import/<name> */
  name: z.string().regex(/^[\w.-]+$/, 'letters, digits, dots, hyphens'),
  currency: z.string().refine((code) => CURRENCIES.has(code), 'unknown ISO 4217 currency code'),
  timezone: z.string().optional(),
  delimiter: z.string().min(1).optional(),
  quote: z.string().max(1).optional(),
  encoding: z.string().optional(),
  decimal: z.enum(['.', ',']).optional(),
  date_format: z.string().optional(),
  events: z.array(EventMapping).min(1)
});
export type Mapping = z.infer<typeof Mapping>;
