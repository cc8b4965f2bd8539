/**
 * Rows as ClickHouse reads them (JSONEachRow), written once, before the answer, and carried as bytes from there on.
 * The journal writes the position in front: `{"seq":N` or `{"version":N,"quarantine_id":N`, then the text made here.
 */
import { eventCurrency, subjectKeys } from '#ingest/derive/keys.ts';
import type { Unusable, Usable } from './event.ts';

/** Times in epoch ms: what DateTime64(3) takes from a JSON integer. */
export function toEventRow({ event, stream, data, content }: Usable): string {
  const { source, id, type, time, received_at } = event;
  return (
    `,"source":${JSON.stringify(source)},"id":${JSON.stringify(id)},"type":"${type}","stream":"${stream}","time":${time}` +
    `,"received_at":${received_at},"currency":"${eventCurrency(event)}","content_hash":${content}` +
    `,"keys":${JSON.stringify(subjectKeys(event))},"data":${JSON.stringify(data)}}`
  );
}

/** @param keyId the key it came with */
export function toQuarantineRow(
  { source, id, type, code, fault, raw }: Omit<Unusable, 'kind' | 'content'>,
  received_at: number,
  keyId: string
): string {
  const row = {
    source,
    id,
    type: type.toWellFormed(),
    received_at,
    code,
    path: fault.path,
    message: fault.message,
    raw,
    key_id: keyId
  };
  // in the middle of a row: the opening brace stands in the journal's part
  return `,${JSON.stringify({ ...row, path: row.path.toWellFormed(), status: 'open' }).slice(1)}`;
}
