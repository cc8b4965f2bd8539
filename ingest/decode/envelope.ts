/** The CloudEvents 1.0 envelope, structured JSON (domain.md section 1). */
import { z } from 'zod';

const isNumber = (input: unknown): boolean => typeof input === 'number' || JSON.isRawJSON(input);

const told =
  (remedy: string) =>
  (issue: { readonly input?: unknown }): string => {
    if (issue.input === undefined) return 'missing';
    if (isNumber(issue.input)) return 'expected a JSON string: numbers beyond 2^53 change silently; send it in quotes';
    return remedy;
  };

// CloudEvents allows no control characters in strings; without them the (source, NUL, id) that identity is made of is unambiguous
const hasControl = (text: string): boolean => /\p{Cc}/u.test(text);
const plain = (text: string): boolean => text.isWellFormed() && !hasControl(text);

const idError = told('expected a string of 1 to 128 characters, without control characters');
const sourceError = told('expected a URI reference of 1 to 256 characters, such as urn:loja:erp');
const typeError = told('expected a string of 1 to 256 characters, such as payment.settled');

const Source = z
  .string({ error: sourceError })
  .min(1, { error: sourceError })
  .max(256, { error: sourceError })
  .refine((text) => plain(text) && !/[\s<>"\\^`{|}]/.test(text), {
    error: 'not a URI reference: percent-encode spaces and the characters < > " \\ ^ ` { | }'
  });

/**
 * What makes an envelope readable. `time` and `data` are judged later: an envelope that only fails there is quarantined, not refused.
 * Other attributes (`subject`, `datacontenttype`, extensions) are allowed and not kept.
 */
export const Envelope = z.object({
  specversion: z.literal('1.0', { error: 'only CloudEvents 1.0 is understood: leave it out or send "1.0"' }).nullish(),
  id: z
    .string({ error: idError })
    .min(1, { error: idError })
    .max(128, { error: idError })
    .refine(plain, { error: idError }),
  source: Source,
  type: z.string({ error: typeError }).min(1, { error: typeError }).max(256, { error: typeError }),
  time: z.unknown().optional(),
  data: z.unknown().optional(),
  /** the same as bytes: read where `datacontenttype` says that they are JSON */
  data_base64: z.unknown().optional(),
  datacontenttype: z.unknown().optional()
});
export type Envelope = z.infer<typeof Envelope>;
