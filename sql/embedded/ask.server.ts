import type { ClickHouseAddress } from '#sql/interface.server.ts';

/**
 * One statement over bare HTTP, for starting and stopping the server only (no keep-alive socket may stay open there);
 * everything else goes through gateway.server.ts.
 * @returns the body as text
 * @throws when the server does not answer in time or refuses
 */
export async function ask(
  { url, username, password, database }: ClickHouseAddress,
  statement: string,
  { timeoutMs }: { readonly timeoutMs: number }
): Promise<string> {
  const target = new URL(url);
  if (database !== '' && !statement.startsWith('CREATE DATABASE')) target.searchParams.set('database', database);
  const answer = await fetch(target, {
    method: 'POST',
    headers: { 'x-clickhouse-user': username, 'x-clickhouse-key': password, connection: 'close' },
    body: statement,
    signal: AbortSignal.timeout(timeoutMs)
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`ClickHouse at ${url} answered ${answer.status}: ${text.slice(0, 300)}`);
  return text;
}
