/** What the ingest service and its deriving thread say to each other. One process, one build: shapes are checked, rows are trusted. */
import { z } from 'zod';
import { FACT_GROUPS } from '#lib/contracts/streams.ts';
import type { ClickHouseFailure } from '#sql/interface.server.ts';

const Address = z.object({ url: z.string(), username: z.string(), password: z.string(), database: z.string() });

/** `address`: where ClickHouse is as this is asked; null: nowhere */
export const ThreadAsk = z.discriminatedUnion('ask', [
  z.object({ ask: z.literal('warm'), call: z.int(), address: Address.nullable() }),
  z.object({
    ask: z.literal('derive'),
    call: z.int(),
    address: Address.nullable(),
    batch: z.object({
      from: z.int(),
      through: z.int(),
      rows: z.custom<Uint8Array>((rows) => rows instanceof Uint8Array),
      isFrugal: z.boolean(),
      isRepeated: z.boolean()
    })
  }),
  z.object({ ask: z.literal('clear'), call: z.int() })
]);
export type ThreadAsk = z.infer<typeof ThreadAsk>;

const Failure = z.object({
  kind: z.enum(['unreachable', 'timeout', 'rejected', 'invalid_row']),
  retryable: z.boolean(),
  code: z.string(),
  message: z.string()
}) satisfies z.ZodType<ClickHouseFailure>;

export const ThreadReply = z.discriminatedUnion('reply', [
  z.object({ reply: z.literal('ring'), call: z.int(), groups: z.array(z.enum(FACT_GROUPS)) }),
  z.object({ reply: z.literal('done'), call: z.int(), failure: Failure.nullable() })
]);
export type ThreadReply = z.infer<typeof ThreadReply>;
