/**
 * A condition of `search.where`: two sums with a comparison between them, `model.params <= 50000`. A sum is that of `Expression`, with
 * the names of sizes beside variables: `step.bytes < 1e9`, `$width * $depth <= 512`.
 */
import * as Result from "effect/Result"
import { shortened } from "../diagnostic/Shortened.ts"
import { listed, suggest } from "../diagnostic/Suggest.ts"
import * as Expression from "./Expression.ts"

/** The sizes that are known before a training. */
export const facts = {
  "model.params": "the numbers that the model learns",
  "model.multiply_adds": "multiplications with an addition, for one row",
  "model.bytes": "the bytes of the parameters, as a run stores them",
  "step.bytes": "the memory of a training step, in bytes",
} as const

/** The name of a size. */
export type Fact = keyof typeof facts

/** The names of the sizes. */
export const factNames = Object.keys(facts) as ReadonlyArray<Fact>

/** Whether a text is the name of a size. */
export const isFact = (name: string): name is Fact => Object.hasOwn(facts, name)

const comparisons = {
  "<=": (a: number, b: number) => a <= b,
  ">=": (a: number, b: number) => a >= b,
  "==": (a: number, b: number) => a === b,
  "!=": (a: number, b: number) => a !== b,
  "<": (a: number, b: number) => a < b,
  ">": (a: number, b: number) => a > b,
} as const

/** A condition as a tree. */
export interface Condition {
  readonly left: Expression.Expression
  readonly comparison: keyof typeof comparisons
  readonly right: Expression.Expression
}

/** What is wrong with a condition, and what to try. */
export interface Fault {
  readonly message: string
  readonly help: string
}

const synonyms: { readonly [F in Fact]: ReadonlyArray<string> } = {
  "model.params": [
    "parameters",
    "params",
    "model.parameters",
    "weights",
    "model.weights",
    "model.size",
    "param_count",
    "num_params",
  ],
  "model.multiply_adds": ["macs", "flops", "model.macs", "model.flops", "multiply_adds", "model.mult_adds", "work"],
  "model.bytes": ["bytes", "size", "model.memory"],
  "step.bytes": ["memory", "step.memory", "train.bytes", "peak_memory"],
}

/** The size that has such another name. */
const factOf = (other: string | undefined): Fact | undefined =>
  factNames.find((name) => other !== undefined && synonyms[name].includes(other))

const isComparison = (text: string): text is keyof typeof comparisons => Object.hasOwn(comparisons, text)

const form = '`where: ["model.params <= 50000"]`'

/** The names of an expression that are not variables: words with or without dots. */
const unknownName = (text: string): string | undefined =>
  text.match(/(?<![\w.$])[A-Za-z_][\w.]*/gu)?.find((name) => name !== "min" && name !== "max" && !isFact(name))

const sideOf = (text: string): Result.Result<Expression.Expression, Fault> => {
  if (text.trim() === "") return Result.fail({ message: "a comparison has a number on both sides", help: form })
  const unknown = unknownName(text)
  if (unknown !== undefined) {
    const meant = suggest(unknown, factNames, synonyms) ?? factOf(suggest(unknown, Object.values(synonyms).flat()))
    return Result.fail({
      message: `there is no size \`${shortened(unknown)}\``,
      help:
        meant === undefined
          ? `the sizes known before a training are ${listed(factNames, "and")}; a variable is written with a dollar sign, \`$${shortened(unknown)}\``
          : `did you mean \`${meant}\`?`,
    })
  }
  return Result.mapError(Expression.parse(text, factNames), (message) => ({
    message: `\`${shortened(text.trim())}\` is not an expression: ${message}`,
    help: `use numbers, sizes, \`$name\`, + - * / ( ) min max: ${form}`,
  }))
}

/** The tree of a condition. Fails with its first mistake. */
export const parse = (text: string): Result.Result<Condition, Fault> => {
  const parts = text.split(/(<=|>=|==|!=|<|>|=)/u)
  const [left = "", comparison = "", right = "", ...rest] = parts
  if (comparison === "=") return Result.fail({ message: "a comparison is not `=`", help: "write `==`, or `<=`" })
  if (!isComparison(comparison) || rest.length > 0)
    return Result.fail({ message: "expected two numbers with one comparison between them", help: form })
  return Result.gen(function* () {
    return { left: yield* sideOf(left), comparison, right: yield* sideOf(right) }
  })
}

const namesIn = (expression: Expression.Expression): ReadonlyArray<string> => {
  if (expression._tag === "Variable") return [expression.name]
  return expression._tag === "Call" ? expression.arguments.flatMap(namesIn) : []
}

/** The names of the sizes and variables of a condition. */
export const names = ({ left, right }: Condition): ReadonlyArray<string> => [...new Set([...namesIn(left), ...namesIn(right)])]

/** Whether a condition holds; `undefined` if a value is not known. */
export const holds = (
  { comparison, left, right }: Condition,
  lookup: (name: string) => number | undefined,
): boolean | undefined => {
  const [a, b] = [Expression.evaluate(left, lookup), Expression.evaluate(right, lookup)]
  return a === undefined || b === undefined ? undefined : comparisons[comparison](a, b)
}
