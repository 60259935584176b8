/** The last thing that happens to any text before a person sees it. Pure. */

/**
 * Makes any text safe for one line of a terminal: control characters, line and bidirectional
 * separators, lone surrogates and invisible format characters become `\u{…}` (Unicode categories Cc,
 * Cf, Cs, Co, Zl, Zp; Trojan Source, CVE-2021-42574). Joiners inside emoji stay.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu, (char) =>
    char === '\u200d' || char === '\ufe0f'
      ? char
      : `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`,
  )
}

/**
 * JSON in which no character is invisible or turns the text around: they are written as JSON's own
 * `\uXXXX`, so that it still says the same.
 * @param indent left out: all on one line
 */
export function safeJson(value: object, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    // The only line ends that JSON.stringify leaves as they are stand between the parts.
    (char) => (char === '\n' ? char : escaped(char)),
  )
}

function escaped(char: string): string {
  let text = ''
  for (let i = 0; i < char.length; i++) {
    text += `\\u${char.charCodeAt(i).toString(16).padStart(4, '0')}`
  }
  return text
}
