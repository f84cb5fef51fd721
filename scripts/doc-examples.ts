/**
 * Turns the examples of docstrings and pages into programs. An example is a statement followed by a comment `// => value`;
 * CONTRIBUTING.md has the rules for the text after the arrow.
 */
import { parseSync } from "vite"

/** A piece of TypeScript with examples, which runs alone. `line` is the line of the file where it starts. */
export interface Snippet {
  readonly line: number
  readonly code: string
}

/** The result of an example, and its expected result. */
export interface Check {
  readonly line: number
  readonly code: string
  readonly outcome: Outcome
  readonly expected: Outcome
}

export type Outcome = { readonly value: unknown } | { readonly printed: unknown } | { readonly thrown: string }

/** Runs one example. */
export const outcome = async (example: () => unknown): Promise<Outcome> => {
  try {
    return { value: await example() }
  } catch (error) {
    return { thrown: error instanceof Error ? error.message : String(error) }
  }
}

const lineAt = (text: string, index: number) => text.slice(0, index).split("\n").length

const fence = /^```ts[^\n]*\n([\s\S]*?)^```/gm

const hasExample = (code: string) => /(^|\s)\/\/ => /m.test(code)

/** The fenced `ts` blocks of a page that contain examples. */
export const snippetsOfPage = (text: string): ReadonlyArray<Snippet> =>
  [...text.matchAll(fence)].flatMap(({ index, 1: code = "" }) =>
    hasExample(code) ? [{ line: lineAt(text, index) + 1, code }] : [],
  )

/** A code span with an example. It may contain backticks, so it ends at the last one of the line or before the next example. */
const span = /`([^`]+ \/\/ => .+?)`(?= `[^`]+ \/\/ => |[^`]*$)/g

/** The examples of a module's docstrings: fenced `ts` blocks, and code spans on one line that contain ` // => `. */
export const snippetsOfModule = (text: string): ReadonlyArray<Snippet> =>
  [...text.matchAll(/\/\*\*[\s\S]*?\*\//g)].flatMap(({ index, 0: docstring }) => {
    const first = lineAt(text, index) - 1
    // Replaced by blanks, not removed, to keep line numbers.
    const prose = docstring
      .replace(/^\/\*\*/, "")
      .replace(/\s*\*\/$/, "")
      .replace(/^[ \t]*\* ?/gm, "")
    const blocks = snippetsOfPage(prose)
    const spans = prose
      .replace(fence, (block) => block.replace(/[^\n]/g, ""))
      .split("\n")
      .flatMap((line, at) => [...line.matchAll(span)].map(([, code = ""]) => ({ line: at + 1, code })))
    return [...blocks, ...spans].map(({ line, code }) => ({ line: first + line, code }))
  })

const expectation = (text: string, printed: boolean): string => {
  const thrown = /^throws (.+)$/s.exec(text)?.[1]
  if (thrown !== undefined) return `{ thrown: ${JSON.stringify(thrown)} }`
  return printed ? `{ printed: ${JSON.stringify(text)} }` : `{ value: (${text}) }`
}

/** A statement followed by `// => text`, rewritten to record its result. */
const noted = (statement: { readonly type: string }, code: string, text: string, line: number): string => {
  const note = (expression: string, printed = false) =>
    `;checks.push({ line: ${line}, code: ${JSON.stringify(code)}, outcome: await outcome(async () => (${expression})), expected: ${expectation(text, printed)} })`
  const [, printedExpression] = /^console\.log\(([\s\S]*)\)$/.exec(code) ?? []
  if (printedExpression !== undefined) return note(`format(${printedExpression})`, true)
  if (statement.type === "ExpressionStatement") return note(code)
  const [, name] = /^const (\w+)/.exec(code) ?? []
  if (statement.type === "VariableDeclaration" && name !== undefined) return `${code}\n${note(name)}`
  throw new Error(`line ${line}: \`// =>\` follows neither an expression nor a \`const\``)
}

/** A comment of a snippet: its position, and its text after the slashes. */
interface Comment {
  readonly value: string
  readonly start: number
  readonly end: number
}

/** The text after an arrow: the rest of its line, and of the following comment lines with the same indentation. */
const arrow = (code: string, [first, ...rest]: ReadonlyArray<Comment>) => {
  const lines = [/^ => (.+)$/.exec(first?.value ?? "")?.[1]]
  if (first === undefined || lines[0] === undefined) return undefined
  let { end } = first
  for (const next of rest) {
    const indented = /^(?: {4}(.*))?$/.exec(next.value)
    if (indented === null || !/^\n[ \t]*$/.test(code.slice(end, next.start))) break
    lines.push(indented[1] ?? "")
    end = next.end
  }
  return { text: lines.join("\n").trim(), start: first.start, end }
}

/** A snippet's statements, with each example rewritten to record its result. */
export const instrumented = ({ line, code }: Snippet): string => {
  const { program, comments, errors } = parseSync("example.ts", code, { lang: "ts" })
  if (errors[0] !== undefined) throw new Error(`line ${line}: ${errors[0].message}\n${code}`)
  let out = ""
  let done = 0
  for (const i of comments.keys()) {
    const found = arrow(code, comments.slice(i))
    if (found === undefined) continue
    const at = line + lineAt(code, found.start) - 1
    const statement = program.body.findLast(
      ({ end }) => end <= found.start && /^;?[ \t]*\n?[ \t]*$/.test(code.slice(end, found.start)),
    )
    if (statement === undefined || statement.start < done) throw new Error(`line ${at}: \`// =>\` follows no statement\n${code}`)
    out += code.slice(done, statement.start)
    out += noted(statement, code.slice(statement.start, statement.end).replace(/;$/, ""), found.text, at)
    done = found.end
  }
  return out + code.slice(done)
}

/** Names to import, and their module. */
export interface Scope {
  readonly from: string
  readonly names: ReadonlyArray<string>
}

const imports = (code: string) => /^import /m.test(code)

/**
 * A module that runs the snippets and exports `checks`. A snippet without imports uses the names of `scopes`; if two scopes
 * have the same name, the first has priority.
 */
export const moduleOf = (snippet: Snippet, scopes: ReadonlyArray<Scope>, recorder: string): string => {
  const taken = new Set<string>()
  const scoped = imports(snippet.code) ? [] : scopes
  return [
    `import { format } from "node:util"`,
    `import { type Check, outcome } from ${JSON.stringify(recorder)}`,
    ...scoped.map(({ from, names }) => {
      const fresh = names.filter((name) => !taken.has(name))
      for (const name of fresh) taken.add(name)
      return `import { ${fresh.join(", ")} } from ${JSON.stringify(from)}`
    }),
    "export const checks: Array<Check> = []",
    "void format",
    instrumented(snippet),
  ].join("\n")
}
