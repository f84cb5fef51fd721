/** Duplicate keys of JSON objects, of which `JSON.parse` silently keeps the last. */

const [quoteMark, space] = [34, 32]

/**
 * Whether the text of an object with so many different keys may have more: it has more colons after quotes. Finds duplicates of
 * almost every text without looking at its tokens; a text in cells or in nested objects may have such colons too.
 */
export const mayHaveDuplicates = (json: string, keys: number): boolean => {
  let colons = 0
  for (let at = json.indexOf(":"); at >= 0; at = json.indexOf(":", at + 1)) {
    let before = at - 1
    while (json.charCodeAt(before) <= space) before--
    if (json.charCodeAt(before) === quoteMark) colons++
  }
  return colons > keys
}

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
