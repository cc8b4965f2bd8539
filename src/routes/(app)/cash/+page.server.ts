import type { KpiId } from '#lib/contracts/kpi.ts';
import { shownMoment } from '#lib/server/as-of.server.ts';
import { listed } from '#lib/server/listed.server.ts';
import { may } from '#lib/contracts/roles.ts';
import type { PageServerLoad } from './$types';

const LEDGER_ROWS = 60;
const IDS: readonly KpiId[] = [
  'cash-position',
  'cash-in-today',
  'cash-out-today',
  'net-cash-today',
  'cash-confirmed-pending',
  'refunds-today',
  'fee-rate'
];

export const load: PageServerLoad = async ({ locals, url, depends, parent }) => {
  depends('pulso:lists');
  const { user } = await parent();
  const { figures, clock } = locals.services;
  const asOf = shownMoment(url, clock()) ?? undefined;
  const mayReadPeople = may(user.role, 'people:read');
  const [answer, accounts, ledger] = await Promise.all([
    figures.tiles(IDS, asOf),
    figures.accounts(asOf),
    figures.ledger({ asOf, limit: LEDGER_ROWS })
  ]);
  const rows = listed(ledger);
  return {
    ids: IDS,
    answer: listed(answer),
    accounts: listed(accounts),
    ledger: rows && (mayReadPeople ? rows : rows.map((row) => ({ ...row, customer_id: null, customer_name: null })))
  };
};
