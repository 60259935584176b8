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
