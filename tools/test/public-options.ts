/** Which public functions take an object of options, and whether each refuses a name that it does not know. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';

/** A parameter of a public function that is an object of options. */
export interface Taker {
  /** As `package: function(parameter)`. */
  readonly name: string;
  /** Where it is written, as `file:line`. */
  readonly at: string;
  /** Name of its type; empty where it has none. */
  readonly type: string;
  /** True when its names go to `options` or `requireOptions`, here or in a function that it is passed on to. */
  readonly refuses: boolean;
}

/** The checks of `numerics/check` that refuse unknown names. */
const CHECKS = new Set(['options', 'requireOptions']);

/** The source files that published packages export, by package. */
export function entries(root: string): ReadonlyMap<string, readonly string[]> {
  const folders = [...readdirSync(join(root, 'packages')).map((name) => `packages/${name}`), 'apps/assay'];
  return new Map(
    folders.map((folder) => {
      const { exports } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as {
        exports: Record<string, string | Record<string, string>>;
      };
      const sources = Object.values(exports).flatMap((target) =>
        typeof target === 'object' && target['@assay-ml/source']
          ? [join(root, folder, target['@assay-ml/source'])]
          : [],
      );
      return [folder.split('/')[1]!, sources];
    }),
  );
}

/** Walks what the packages export: functions, constructors and methods, also those that a call makes. */
export function takers(root: string, packages: ReadonlyMap<string, readonly string[]>): Taker[] {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.base.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram([...packages.values()].flat(), { ...options, noEmit: true, composite: false });
  const walk = new Walk(program.getTypeChecker());
  const found = new Map<string, Taker>();
  for (const [name, files] of packages) {
    for (const file of files) {
      const module = walk.types.getSymbolAtLocation(program.getSourceFile(file)!)!;
      for (const symbol of walk.types.getExportsOfModule(module)) {
        for (const [called, parameter] of walk.optionParameters(symbol)) {
          const source = parameter.getSourceFile();
          // What another package exports again is counted there.
          if (!relative(root, source.fileName).includes(`/${name}/`)) continue;
          const line = source.getLineAndCharacterOfPosition(parameter.getStart()).line + 1;
          const key = `${name}: ${called}(${ts.isIdentifier(parameter.name) ? parameter.name.text : '{…}'})`;
          found.set(key, {
            name: key,
            at: `${relative(root, source.fileName)}:${line}`,
            type: walk.typeName(parameter),
            refuses: walk.refuses(parameter),
          });
        }
      }
    }
  }
  return [...found.values()];
}

class Walk {
  readonly #known = new Map<ts.ParameterDeclaration, boolean>();
  constructor(readonly types: ts.TypeChecker) {}

  /** Parameters of a public symbol that take options, with the name of what is called. */
  *optionParameters(exported: ts.Symbol): Generator<[called: string, parameter: ts.ParameterDeclaration]> {
    const symbol = this.#original(exported);
    for (const declaration of symbol.declarations ?? []) {
      if (ts.isClassDeclaration(declaration)) {
        for (const member of declaration.members) {
          if (ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Private) continue;
          if (member.name !== undefined && ts.isPrivateIdentifier(member.name)) continue;
          if (!ts.isConstructorDeclaration(member) && !ts.isMethodDeclaration(member)) continue;
          const method = ts.isConstructorDeclaration(member) ? '' : `.${member.name.getText()}`;
          for (const p of this.#taking(member)) yield [`${exported.name}${method}`, p];
        }
      } else {
        const made = this.#functionOf(declaration);
        if (made !== undefined) for (const p of this.#taking(made)) yield [exported.name, p];
      }
    }
  }

  /** Whether the names of an options object are checked: by this function, or by one that gets it. */
  refuses(parameter: ts.ParameterDeclaration): boolean {
    const known = this.#known.get(parameter);
    if (known !== undefined) return known;
    this.#known.set(parameter, false);
    const { body } = parameter.parent as ts.FunctionLikeDeclaration;
    const refuses =
      body !== undefined && ts.isIdentifier(parameter.name) && this.#reaches(body, this.#names(parameter, body));
    this.#known.set(parameter, refuses);
    return refuses;
  }

  /** Whether one of the names goes to a check, or to a parameter that refuses. */
  #reaches(node: ts.Node, names: ReadonlySet<ts.Symbol>): boolean {
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
      const at = node.arguments?.findIndex((argument) => this.#is(argument, names)) ?? -1;
      if (at >= 0) {
        if (ts.isIdentifier(node.expression) && CHECKS.has(this.#nameOf(node.expression))) return true;
        const callee = this.#callee(node);
        const target = callee?.parameters[Math.min(at, callee.parameters.length - 1)];
        if (target !== undefined && this.refuses(target)) return true;
      }
    }
    return ts.forEachChild(node, (child) => this.#reaches(child, names)) ?? false;
  }

  /** The parameter and the constants that are nothing but it. */
  #names(parameter: ts.ParameterDeclaration, body: ts.Node): ReadonlySet<ts.Symbol> {
    const names = new Set([this.types.getSymbolAtLocation(parameter.name)!]);
    const visit = (node: ts.Node): void => {
      if (ts.isVariableDeclaration(node) && node.initializer && ts.isIdentifier(node.name)) {
        if (this.#is(node.initializer, names)) names.add(this.types.getSymbolAtLocation(node.name)!);
      }
      ts.forEachChild(node, visit);
    };
    visit(body);
    return names;
  }

  /** Whether an expression is one of the names, perhaps cast, with a default, or spread into a new object. */
  #is(node: ts.Expression, names: ReadonlySet<ts.Symbol>): boolean {
    if (ts.isAsExpression(node) || ts.isParenthesizedExpression(node) || ts.isNonNullExpression(node)) {
      return this.#is(node.expression, names);
    }
    if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken) {
      return this.#is(node.left, names);
    }
    if (ts.isObjectLiteralExpression(node)) {
      return node.properties.some((part) => ts.isSpreadAssignment(part) && this.#is(part.expression, names));
    }
    return ts.isIdentifier(node) && names.has(this.types.getSymbolAtLocation(node)!);
  }

  #taking(declaration: ts.FunctionLikeDeclaration): ts.ParameterDeclaration[] {
    // Of overloads the one with a body checks.
    if (declaration.body === undefined) return [];
    return declaration.parameters.filter((parameter) => this.#takesOptions(parameter));
  }

  /** Called `options` or of a type called so, or an object with names that may be left out. */
  #takesOptions(parameter: ts.ParameterDeclaration): boolean {
    const type = this.types.getNonNullableType(this.types.getTypeAtLocation(parameter));
    const parts = type.isUnion() ? type.types : [type];
    return parts.some((part) => {
      if (!(part.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection))) return false;
      if (part.getCallSignatures().length > 0 || this.types.isArrayLikeType(part)) return false;
      const properties = part.getProperties();
      const own = properties.every(({ declarations = [] }) =>
        declarations.every((one) => !one.getSourceFile().fileName.includes('node_modules')),
      );
      if (!own || properties.length === 0 || part.isClass()) return false;
      const name = part.aliasSymbol?.name ?? part.symbol?.name ?? '';
      return (
        /Options$/.test(name) ||
        (ts.isIdentifier(parameter.name) && parameter.name.text === 'options') ||
        properties.some((property) => property.flags & ts.SymbolFlags.Optional)
      );
    });
  }

  /** The name of a parameter's type, that of the first one where it is one of several. */
  typeName(parameter: ts.ParameterDeclaration): string {
    const type = this.types.getNonNullableType(this.types.getTypeAtLocation(parameter));
    const name = (type.isUnion() ? type.types : [type]).map((one) => type.aliasSymbol?.name ?? one.symbol?.name);
    return name.find((one) => one !== undefined && !one.startsWith('__')) ?? '';
  }

  #callee(node: ts.CallExpression | ts.NewExpression): ts.FunctionLikeDeclaration | undefined {
    const declaration = this.types.getResolvedSignature(node)?.declaration;
    if (declaration === undefined || ts.isJSDocSignature(declaration)) return undefined;
    if ((declaration as ts.FunctionLikeDeclaration).body !== undefined)
      return declaration as ts.FunctionLikeDeclaration;
    const symbol = ts.isConstructorDeclaration(declaration)
      ? this.types.getSymbolAtLocation(declaration.parent.name!)
      : this.types.getSymbolAtLocation(node.expression);
    return symbol && this.#written(this.#original(symbol));
  }

  /** The function that a symbol stands for, with its body. */
  #written(symbol: ts.Symbol): ts.FunctionLikeDeclaration | undefined {
    for (const declaration of symbol.declarations ?? []) {
      const found = ts.isClassDeclaration(declaration)
        ? declaration.members.find((member) => ts.isConstructorDeclaration(member) && member.body !== undefined)
        : this.#functionOf(declaration);
      if (found !== undefined) return found as ts.FunctionLikeDeclaration;
    }
    return undefined;
  }

  /** A function of a declaration: itself, what a constant is, or what the call returns that makes the constant. */
  #functionOf(declaration: ts.Node): ts.FunctionLikeDeclaration | undefined {
    if (ts.isFunctionDeclaration(declaration)) return declaration.body && declaration;
    if (!ts.isVariableDeclaration(declaration) || declaration.initializer === undefined) return undefined;
    return this.#functionIn(declaration.initializer);
  }

  #functionIn(node: ts.Expression): ts.FunctionLikeDeclaration | undefined {
    if (ts.isArrowFunction(node) || ts.isFunctionExpression(node)) return node;
    if (ts.isAsExpression(node) || ts.isSatisfiesExpression(node)) return this.#functionIn(node.expression);
    if (ts.isIdentifier(node)) return this.#written(this.#original(this.types.getSymbolAtLocation(node)!));
    if (!ts.isCallExpression(node)) return undefined;
    const body = this.#callee(node)?.body;
    if (body === undefined) return undefined;
    if (!ts.isBlock(body)) return this.#functionIn(body as ts.Expression);
    const last = body.statements.findLast(ts.isReturnStatement)?.expression;
    return last && this.#functionIn(last);
  }

  #nameOf(node: ts.Identifier): string {
    return this.#original(this.types.getSymbolAtLocation(node)!).name;
  }

  #original(symbol: ts.Symbol): ts.Symbol {
    return symbol.flags & ts.SymbolFlags.Alias ? this.types.getAliasedSymbol(symbol) : symbol;
  }
}
