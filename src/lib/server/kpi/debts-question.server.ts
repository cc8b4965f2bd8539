/** What crosses between the dashboard and its thread for debts of the past. */
import * as z from 'zod';
import { DebtDay, Debts } from './debts.server.ts';

const address = z.object({ url: z.string(), username: z.string(), password: z.string(), database: z.string() });
export const DebtsQuestion = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('moment'), address, as_of: z.int(), paid_since: z.int() }),
  z.strictObject({ kind: z.literal('days'), address, ends: z.array(z.int()) })
]);
export type DebtsQuestion = z.infer<typeof DebtsQuestion>;

const Failed = z.object({
  ok: z.literal(false),
  failure: z.object({
    kind: z.enum(['unreachable', 'timeout', 'rejected', 'invalid_row']),
    retryable: z.boolean(),
    code: z.string(),
    message: z.string()
  })
});
export const DebtsReply = z.discriminatedUnion('ok', [z.object({ ok: z.literal(true), value: Debts }), Failed]);
export const DebtDaysReply = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), value: z.array(DebtDay) }),
  Failed
]);
