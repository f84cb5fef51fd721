/**
 * Arithmetic with variables: `$width * 2`, `min($a, $b + 1)`. A text with a `$name` is an expression; `$$` is a dollar
 * sign. Nothing is evaluated as code.
 *
 *     sum     = product { ("+" | "-") product }
 *     product = unary { ("*" | "/") unary }
 *     unary   = "-" unary | atom
 *     atom    = number | "$" name | ("min" | "max") "(" sum { "," sum } ")" | "(" sum ")"
 */
import * as Result from "effect/Result"

/** An expression as a tree. */
export type Expression =
  | { readonly _tag: "Number"; readonly value: number }
  | { readonly _tag: "Variable"; readonly name: string }
  | { readonly _tag: "Call"; readonly operation: Operation; readonly arguments: ReadonlyArray<Expression> }

const operations = {
  "+": (a: number, b: number) => a + b,
  "-": (a: number, b: number) => a - b,
  "*": (a: number, b: number) => a * b,
  "/": (a: number, b: number) => a / b,
  min: Math.min,
  max: Math.max,
} as const

/** What an expression may do. */
export type Operation = keyof typeof operations

/** Longer expressions are refused before they are read. */
const longest = 200

const reference = /\$[A-Za-z_]/

/** Whether a text contains a `$name`, and not only `$$`. `isExpression("$width * 2") // => true` */
export const isExpression = (text: string): boolean => text.includes("$") && reference.test(text.replaceAll("$$", ""))

/** A text that is no expression, with `$$` read as `$`. `literal("US$$") // => "US$"` */
export const literal = (text: string): string => text.replaceAll("$$", "$")

/** The name when a text is nothing but `$name`, which may then be any value. */
export const soleVariable = (text: string): string | undefined => /^\$([A-Za-z_]\w*)$/.exec(text.trim())?.[1]

const token =
  /\s*(?:(?<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|\$(?<variable>[A-Za-z_]\w*)|(?<word>min|max)\b|(?<sign>[-+*/(),]))/uy

interface Token {
  readonly kind: "number" | "variable" | "word" | "sign"
  readonly text: string
}

const printed = (token: Token | undefined): string => (token?.kind === "variable" ? `$${token.text}` : (token?.text ?? ""))

/** Names without a dollar sign, such as `model.params`. */
const fact = /\s*(?<fact>[A-Za-z_]\w*(?:\.\w+)+)/uy

const tokens = (text: string, facts: ReadonlyArray<string>): Result.Result<ReadonlyArray<Token>, string> => {
  const out: Array<Token> = []
  const end = text.trimEnd().length
  let at = 0
  while (at < end) {
    fact.lastIndex = at
    const name = facts.length === 0 ? undefined : fact.exec(text)?.groups?.fact
    if (name !== undefined && facts.includes(name)) {
      at = fact.lastIndex
      out.push({ kind: "variable", text: name })
      continue
    }
    token.lastIndex = at
    const groups = token.exec(text)?.groups
    if (groups === undefined)
      return Result.fail(`\`${text.slice(at).trim().slice(0, 20)}\` is not a number, a \`$name\` or one of + - * / ( ) min max`)
    at = token.lastIndex
    for (const kind of ["number", "variable", "word", "sign"] as const) {
      const part = groups[kind]
      if (part !== undefined) out.push({ kind, text: part })
    }
  }
  return Result.succeed(out)
}

/** The tree of an expression; `facts` are names that are written without a dollar sign. Fails with a description of the mistake. */
export const parse = (text: string, facts: ReadonlyArray<string> = []): Result.Result<Expression, string> => {
  if (text.length > longest) return Result.fail(`an expression has at most ${longest} characters`)
  const read = tokens(text, facts)
  if (Result.isFailure(read)) return Result.fail(read.failure)
  const list = read.success
  let at = 0
  let problem: string | undefined
  const nothing: Expression = { _tag: "Number", value: 0 }
  const fail = (what: string): Expression => {
    problem ??= what
    return nothing
  }
  const accept = (text: string): boolean => {
    const found = list[at]?.kind !== "variable" && list[at]?.text === text
    if (found) at++
    return found
  }
  const call = (operation: Operation, ...args: ReadonlyArray<Expression>): Expression => ({
    _tag: "Call",
    operation,
    arguments: args,
  })
  const sum = (): Expression => {
    let left = product()
    for (;;) {
      if (accept("+")) left = call("+", left, product())
      else if (accept("-")) left = call("-", left, product())
      else return left
    }
  }
  const product = (): Expression => {
    let left = unary()
    for (;;) {
      if (accept("*")) left = call("*", left, unary())
      else if (accept("/")) left = call("/", left, unary())
      else return left
    }
  }
  const unary = (): Expression => (accept("-") ? call("-", nothing, unary()) : atom())
  const atom = (): Expression => {
    const next = list[at]
    if (next === undefined) return fail("it ends where a number is wanted")
    at++
    if (next.kind === "number") return { _tag: "Number", value: Number(next.text) }
    if (next.kind === "variable") return { _tag: "Variable", name: next.text }
    if (next.text === "(") {
      const inner = sum()
      return accept(")") ? inner : fail("a `)` is missing")
    }
    if (next.text !== "min" && next.text !== "max") return fail(`\`${next.text}\` is where a number is expected`)
    if (!accept("(")) return fail(`\`${next.text}\` needs its arguments in parentheses`)
    const args = [sum()]
    while (accept(",")) args.push(sum())
    return accept(")") ? call(next.text, ...args) : fail("a `)` is missing")
  }
  const tree = sum()
  if (problem === undefined && at < list.length) problem = `\`${printed(list[at])}\` is left over`
  return problem === undefined ? Result.succeed(tree) : Result.fail(problem)
}

/** The value of an expression. `lookup` returns the value of a variable, or `undefined`. */
export const evaluate = (expression: Expression, lookup: (name: string) => number | undefined): number | undefined => {
  switch (expression._tag) {
    case "Number":
      return expression.value
    case "Variable":
      return lookup(expression.name)
    case "Call": {
      const values = expression.arguments.map((argument) => evaluate(argument, lookup))
      if (!values.every((value) => value !== undefined)) return undefined
      const [first = 0, ...rest] = values
      return rest.reduce<number>((a, b) => operations[expression.operation](a, b), first)
    }
  }
}
