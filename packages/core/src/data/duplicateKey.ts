/** Duplicate keys of JSON objects, of which `JSON.parse` silently keeps the last. */

/**
 * The first duplicate key of the outermost object of a JSON text. The text must be valid JSON.
 *
 * `duplicateKey('{ "a": { "b": 1 }, "b": 2 }') // => undefined`
 * `duplicateKey('{ "a": 1, "\\u0061": 2 }') // => "a"`
 */
export const duplicateKey = (json: string): string | undefined => {
  const seen = new Set<string>()
  let depth = 0
  for (const { 0: token, index } of json.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]]/g)) {
    if (token === "{" || token === "[") depth++
    else if (token === "}" || token === "]") depth--
    else if (depth === 1 && /^\s*:/.test(json.slice(index + token.length, index + token.length + 100))) {
      const key: string = JSON.parse(token)
      if (seen.has(key)) return key
      seen.add(key)
    }
  }
  return undefined
}
