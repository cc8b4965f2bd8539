/** What crosses between the dashboard and its thread for debts of the past. */
import * as z from 'zod';
import { Debts } from './debts.server.ts';

export const DebtsQuestion = z.strictObject({
  address: z.object({ url: z.string(), username: z.string(), password: z.string(), database: z.string() }),
  as_of: z.int(),
  paid_since: z.int()
});
export type DebtsQuestion = z.infer<typeof DebtsQuestion>;

export const DebtsReply = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), value: Debts }),
  z.object({
    ok: z.literal(false),
    failure: z.object({
      kind: z.enum(['unreachable', 'timeout', 'rejected', 'invalid_row']),
      retryable: z.boolean(),
      code: z.string(),
      message: z.string()
    })
  })
]);
export type DebtsReply = z.infer<typeof DebtsReply>;
