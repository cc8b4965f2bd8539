/** What customers are called. */
import { ok, type Result } from '#lib/contracts/result.ts';
import type { ClickHouseFailure, Reader } from '#sql/interface.server.ts';
import { paramParts } from '#sql/param-lists.server.ts';
import { allCustomerNames, customerNames } from './queries/events.server.ts';

export type Names = ReadonlyMap<string, string>;

/** @param knownTo epoch ms; live: the end of time */
export async function namesOf(
  reader: Reader,
  customerIds: Iterable<string>,
  knownTo: number
): Promise<Result<Names, ClickHouseFailure>> {
  const names = new Map<string, string>();
  for (const keys of paramParts(new Set([...customerIds].map((id) => `profile:${id}`)))) {
    const rows = await reader.read(customerNames, { keys, known_to: knownTo });
    if (!rows.ok) return rows;
    for (const { customer_id, name } of rows.value) names.set(customer_id, name);
  }
  return ok(names);
}

export async function allNames(reader: Reader, knownTo: number): Promise<Result<Names, ClickHouseFailure>> {
  const rows = await reader.read(allCustomerNames, { known_to: knownTo });
  return rows.ok ? ok(new Map(rows.value.map(({ customer_id, name }) => [customer_id, name]))) : rows;
}

/** Lower case without accents: what people type is seldom what is stored. */
export const folded = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
