/** How a figure is put together: the parts it reads and the rule over them. */
import { KPI_FACTS, type KpiId } from '#lib/contracts/kpi.ts';
import type { Facts, PartName, SomeFacts } from './facts.server.ts';
import type { Figure, FigureContext } from './figure.server.ts';

export interface Kpi {
  /** without these there is no value */
  readonly parts: readonly PartName[];
  /** comparisons and past days: the value holds without them */
  readonly extras: readonly PartName[];
  /** @returns null while one of its parts was never loaded */
  figure(facts: SomeFacts, time: Omit<FigureContext, 'streams'>): Figure | null;
}

type Rule<P extends PartName> = (facts: Pick<Facts, P> & SomeFacts, context: FigureContext) => Figure;

const holds = <P extends PartName>(facts: SomeFacts, parts: readonly P[]): facts is Pick<Facts, P> & SomeFacts =>
  parts.every((part) => facts[part] !== undefined);

export const kpi = <P extends PartName>(
  id: KpiId,
  parts: readonly P[],
  rule: Rule<P>,
  extras: readonly PartName[] = []
): Kpi => ({
  parts,
  extras,
  figure: (facts, context) => (holds(facts, parts) ? rule(facts, { ...context, streams: KPI_FACTS[id].streams }) : null)
});
