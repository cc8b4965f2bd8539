/** What the ingest API answers, as far as the importer needs it. */
import { z } from 'zod';

const count = z.int().min(0);

export const AnsweredItem = z.object({
  index: count,
  id: z.nullish(z.string()),
  status: z.enum(['duplicate', 'quarantined', 'rejected']),
  code: z.string(),
  path: z.nullish(z.string()),
  message: z.nullish(z.string())
});
export type AnsweredItem = z.infer<typeof AnsweredItem>;

export const BatchAnswer = z.object({
  stored: count,
  duplicate: count,
  quarantined: count,
  rejected: count,
  items: z.array(AnsweredItem)
});
export type BatchAnswer = z.infer<typeof BatchAnswer>;

/** RFC 9457, the answer to a whole-request fault. */
export const Problem = z.object({ title: z.string().optional(), detail: z.string().optional() });
