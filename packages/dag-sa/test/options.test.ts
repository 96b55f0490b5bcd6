import ts from 'typescript';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

import * as paper from '../src/index.js';

const S = Float64Array.of(1, 0.5, 0.5, 1);
const X = Float64Array.of(0, 1, 1, 3, 2, 4.5, 3, 7);
const W = Float64Array.of(0, 1, 0, 0);
const order = [0, 1];
/** Each public function that takes options, called with these; what else it needs is right. */
const calls: Record<string, (options: object) => unknown> = {
  fit: (o) => paper.fit(X, 2, o),
  fitCovariance: (o) => paper.fitCovariance(S, 2, 10, { method: 'boss', ...o }),
  estimate: (o) => paper.estimate(10, 2, o),
  bootstrap: (o) => paper.bootstrap(X, 2, o),
  parseCsv: (o) => paper.parseCsv('a,b\n1,2\n', o),
  parseArrow: (o) => paper.parseArrow(new Uint8Array(8), o),
  PsiDag: (o) => new paper.PsiDag(2, o),
  psiDag: (o) => paper.psiDag(paper.rowSource(X, 4, 2), o),
  UniversalSgd: (o) => new paper.UniversalSgd(2, 1, o),
  rowSource: (o) => paper.rowSource(X, 4, 2, o),
  boss: (o) => paper.boss(S, 2, 10, o),
  searchOrder: (o) => paper.searchOrder(S, 2, order, o),
  moments: (o) => paper.moments(X, 4, 2, o),
  repair: (o) => paper.repair(W, 2, 0.3, 'delete', o),
  constraintsOf: (o) => paper.constraintsOf(o, 2),
  adaptiveLasso: (o) => paper.adaptiveLasso(S, 2, order, 10, o),
  bicPrune: (o) => paper.bicPrune(S, 2, order, 10, o),
  cpdag: (o) => paper.cpdag(W, 2, o),
  classMembers: (o) => paper.classMembers(S, 2, W, [0], o),
  effectRange: (o) => paper.effectRange(S, 2, W, 0, 1, o),
  simulateDag: (o) => paper.simulateDag({ d: 2, degree: 1, ...o }),
  linearSem: (o) => paper.linearSem(W, 2, o),
  notears: (o) => paper.notears(S, 2, o),
  golem: (o) => paper.golem(S, 2, o),
  golemObjective: (o) => paper.golemObjective(W, S, 2, new Float64Array(4), o),
  dagma: (o) => paper.dagma(S, 2, o),
  nocurl: (o) => paper.nocurl(S, 2, o),
  eqVarTopDown: (o) => paper.eqVarTopDown(S, 2, o),
  eqVarBottomUp: (o) => paper.eqVarBottomUp(S, 2, o),
  directLingam: (o) => paper.directLingam(X, 4, 2, o),
  varianceOrder: (o) => paper.varianceOrder(S, 2, o),
  r2Order: (o) => paper.r2Order(S, 2, o),
  randomOrder: (o) => paper.randomOrder(2, 0, o),
};

/** Public functions and classes with a parameter that is an object with properties that may be left out, by TypeScript. */
function takingOptions(): string[] {
  const file = fileURLToPath(new URL('../src/index.ts', import.meta.url));
  const program = ts.createProgram([file], {
    strict: true, noEmit: true, module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022, customConditions: ['@assay-ml/source'], skipLibCheck: true, types: [],
  }); // prettier-ignore
  const checker = program.getTypeChecker();
  const isOptions = (parameter: ts.Symbol) => {
    const type = checker.getNonNullableType(checker.getTypeOfSymbol(parameter));
    return (type.isUnion() ? type.types : [type]).some((part) => {
      if (checker.isArrayType(part) || part.getCallSignatures().length > 0) return false;
      const own = part.getProperties();
      const ours = own.every((property) => property.declarations?.every((at) => at.getSourceFile().fileName.includes('/dag-sa/src/'))); // prettier-ignore
      return ours && own.some((property) => (property.flags & ts.SymbolFlags.Optional) !== 0);
    });
  };
  return checker
    .getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file)!)!)
    .filter((symbol) => {
      const target = (symbol.flags & ts.SymbolFlags.Alias) !== 0 ? checker.getAliasedSymbol(symbol) : symbol;
      if ((target.flags & ts.SymbolFlags.Value) === 0) return false;
      const type = checker.getTypeOfSymbol(target);
      return [...type.getCallSignatures(), ...type.getConstructSignatures()].some((signature) => signature.getParameters().some(isOptions)); // prettier-ignore
    })
    .map((symbol) => symbol.getName());
}

it('P1: the list below is that of all public functions that take options', () => {
  expect(Object.keys(paper).length).toBeGreaterThan(60);
  expect(Object.keys(calls).sort()).toEqual(takingOptions().sort());
});

it.each(Object.keys(calls))('P1: %s refuses a name that it does not know, and says the nearest', async (name) => {
  const call = async (options: object) => calls[name]!(options);
  const misspelt = { ...Object.fromEntries([['nonsense', 1]]) };
  await expect(call(misspelt)).rejects.toThrow(RangeError);
  await expect(call(misspelt)).rejects.toThrow(/^(\w+): 'nonsense' is no option; must be one of [\w, ]+\. Did you mean '\w+'\?$/); // prettier-ignore
});

it('D3: the nearest name is meant, in nested options too', () => {
  expect(() => paper.fit(X, 2, { methd: 'boss' } as never)).toThrow("fit: 'methd' is no option; must be one of tiers, required, forbidden, method, names, environment, standardise, sparsify, threshold, seed, psiDag, memory. Did you mean 'method'?"); // prettier-ignore
  expect(() => paper.fit(X, 2, { standardize: true } as never)).toThrow("Did you mean 'standardise'?");
  expect(() => paper.fit(X, 2, { method: 'boss', psiDag: { epoch: 3 } } as never)).toThrow("fit, psiDag: 'epoch' is no option; must be one of radius, batches,"); // prettier-ignore
  expect(() => paper.bootstrap(X, 2, { resample: 3 } as never)).toThrow("bootstrap: 'resample' is no option");
  expect(() => paper.fit(X, 2, 'boss' as never)).toThrow("fit: 'options' is 'boss'; must be an object.");
});

it.each<[string, () => unknown, string]>([
  ['moments', () => paper.moments([[1, 2]] as never, 1, 2), "moments: 'X' is [1,2]; must be a Float64Array of n · d = 2 numbers, row by row. Copy the rows into one."],
  ['moments', () => paper.moments(X, 3, 2), "moments: 'X' is an array of 8; must be a Float64Array of n · d = 6 numbers"],
  ['rowSource', () => paper.rowSource([1, 2] as never, 1, 2), "rowSource: 'X' is [1, 2]; must be a Float64Array of n · d = 2 numbers"],
  ['directLingam', () => paper.directLingam(X, 5, 2), "directLingam: 'X' is an array of 8; must be a Float64Array of n · d = 10 numbers"],
  ['parseCsv', () => paper.parseCsv(new Uint8Array(3) as never), "parseCsv: 'text' is an array of 3; must be a string. Decode the bytes first."],
])('P5: %s refuses data of another kind by name', (_, call, message) => {
  expect(call).toThrow(message);
}); // prettier-ignore
