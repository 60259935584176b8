/**
 * Files in which agents and their tools keep credentials. In these, and only these, a value is also
 * found by the name that it is assigned to.
 *
 * OpenClaw keeps a ring of backups `openclaw.json.bak`, `.bak.1`…, which still hold what was since
 * replaced by references; `models.json` and `auth-profiles.json` lie beside each agent. Claude Code keeps
 * `.claude.json` and `.credentials.json`; Codex `~/.codex/config.toml` and `auth.json`.
 */
const NAMES: ReadonlySet<string> = new Set([
  '.mcp.json',
  'mcp.json',
  'claude_desktop_config.json',
  '.claude.json',
  '.credentials.json',
  'models.json',
  'auth-profiles.json',
  '.bash_history',
  '.zsh_history',
  '.sh_history',
  '.ksh_history',
  'fish_history',
])

/** Names too common to mean something, but for the folder they lie in. */
const IN_FOLDER: Readonly<Record<string, readonly string[]>> = {
  '.codex': ['config.toml', 'auth.json'],
  '.claude': ['settings.json', 'settings.local.json'],
  agent: ['auth.json'],
}

/** @param name of the file @param folder name of the folder it lies in */
export function isAgentFile(name: string, folder: string): boolean {
  return (
    name.startsWith('.env') ||
    name.endsWith('.env') ||
    NAMES.has(name) ||
    /^openclaw\.json(?:\.bak(?:\.\d{1,3})?)?$/.test(name) ||
    (Object.hasOwn(IN_FOLDER, folder) && IN_FOLDER[folder]?.includes(name) === true)
  )
}
