// Made by scripts/generate/check.ts from the schema in schema.ts. Do not edit.
import type { Config } from './types.ts'

/** True where zod would accept `value` too; a value as JSON.parse makes it. */
export function isConfig(value: unknown): value is Config {
  return isObject(value) && object62(value)
}

type Fields = Record<string, unknown>

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const PATTERN_0 = new RegExp("^(?!constructor$)[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$")
const PATTERN_1 = new RegExp("^[A-Za-z_][A-Za-z0-9_]{0,127}$")
const PATTERN_2 = new RegExp("^[^\\u0000]+$")
const PATTERN_3 = new RegExp("^\\d{4}-\\d{2}-\\d{2}(?:[Tt]\\d{2}:\\d{2}(?::\\d{2}(?:\\.\\d+)?)?(?:[Zz]|[+-]\\d{2}:\\d{2}))?$")
const PATTERN_4 = new RegExp("^[1-9][0-9]{0,4}[smhd]$")
const PATTERN_5 = new RegExp("^(?:none|rewrite|restart|signal:(?:HUP|INT|TERM|USR1|USR2|WINCH))$")
const PATTERN_6 = new RegExp("^(?!constructor$)[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
const PATTERN_7 = new RegExp("^[a-z0-9][a-z0-9-]{0,63}$")
const PATTERN_8 = new RegExp("^[A-Za-z0-9+=,.@_-]{1,64}$")
const PATTERN_9 = new RegExp("^(?:https:\\/\\/[^/?#@\\s]+|http:\\/\\/(?:localhost|127(?:\\.\\d{1,3}){3}|\\[::1\\])(?::\\d{1,5})?)(?:\\/[^?#\\s]*)?$")
const PATTERN_10 = new RegExp("^\\/")
const PATTERN_11 = new RegExp("^https?:\\/\\/")
const PATTERN_12 = new RegExp("^\\/?(?:[A-Za-z0-9_.@=+-]+\\/)+$")
const PATTERN_13 = new RegExp("^(?:https:\\/\\/[^/?#@\\s]+|http:\\/\\/(?:127(?:\\.\\d{1,3}){3}|\\[::1\\])(?::\\d{1,5})?)(?:\\/[^?#\\s]*)?$")
const PATTERN_14 = new RegExp("^(?:[A-Za-z0-9_.@=+-]+\\/)+$")
const PATTERN_15 = new RegExp("^(?:#[^\\s#@.,:;<>&]{1,80}|[CDG][A-Z0-9]{6,20})$")

function object0(fields: Fields): boolean {
  if (!Object.hasOwn(fields, "secretRef")) return false
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "secretRef":
        if (!(typeof value === 'string' && PATTERN_0.test(value))) return false
        break
      case "envVar":
        if (!(typeof value === 'string' && PATTERN_1.test(value))) return false
        break
      case "delivery":
        if (!((value === "env" || value === "file"))) return false
        break
      case "pathInEnvVar":
        if (!(typeof value === 'boolean')) return false
        break
      case "service":
        if (!(typeof value === 'string' && PATTERN_2.test(value))) return false
        break
      case "expiresAt":
        if (!(typeof value === 'string' && PATTERN_3.test(value))) return false
        break
      case "deprecationDate":
        if (!(typeof value === 'string' && PATTERN_3.test(value))) return false
        break
      case "note":
        if (!(typeof value === 'string')) return false
        break
      default:
        return false
    }
  }
  return true
}

function isCredential(value: unknown): boolean {
  return isObject(value) && object0(value)
}

function object1(fields: Fields): boolean {
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "required":
        if (!(typeof value === 'boolean')) return false
        break
      case "on-failure":
        if (!((value === "deny-and-log" || value === "deny-and-alert"))) return false
        break
      default:
        return false
    }
  }
  return true
}

function object2(fields: Fields): boolean {
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    if (!(typeof key === 'string' && PATTERN_0.test(key))) return false
    if (!(isObject(value) && object1(value))) return false
  }
  return true
}

function object3(fields: Fields): boolean {
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    if (!(typeof key === 'string' && PATTERN_0.test(key))) return false
    if (!(isCredential(value))) return false
  }
  return true
}

function object4(fields: Fields): boolean {
  if (!Object.hasOwn(fields, "credentials")) return false
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "required":
        if (!(typeof value === 'boolean')) return false
        break
      case "service":
        if (!(typeof value === 'string' && PATTERN_2.test(value))) return false
        break
      case "credentials":
        if (!(isObject(value) && object3(value))) return false
        break
      default:
        return false
    }
  }
  return true
}

function object5(fields: Fields): boolean {
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    if (!(typeof key === 'string' && PATTERN_0.test(key))) return false
    if (!(isObject(value) && object4(value))) return false
  }
  return true
}

function object6(fields: Fields): boolean {
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "name":
        if (!(typeof value === 'string')) return false
        break
      case "description":
        if (!(typeof value === 'string')) return false
        break
      case "runtime":
        if (!((value === "agent" || value === "subagent"))) return false
        break
      case "capabilities":
        if (!(Array.isArray(value) && value.every((item: unknown) => typeof item === 'string' && PATTERN_0.test(item)))) return false
        break
      case "auth-profiles":
        if (!(isObject(value) && object2(value))) return false
        break
      case "tool-bindings":
        if (!(isObject(value) && object5(value))) return false
        break
      case "command":
        if (!(Array.isArray(value) && value.length >= 1 && value.every((item: unknown) => typeof item === 'string' && PATTERN_2.test(item)))) return false
        break
      case "cwd":
        if (!(typeof value === 'string' && PATTERN_2.test(value))) return false
        break
      case "inheritEnv":
        if (!(Array.isArray(value) && value.every((item: unknown) => typeof item === 'string' && PATTERN_1.test(item)))) return false
        break
      case "lockCommand":
        if (!(typeof value === 'boolean')) return false
        break
      case "subagents":
        if (!(Array.isArray(value) && value.every((item: unknown) => typeof item === 'string' && PATTERN_0.test(item)))) return false
        break
      case "schedule":
        if (!(typeof value === 'string' && PATTERN_2.test(value))) return false
        break
      case "timezone":
        if (!(typeof value === 'string' && PATTERN_2.test(value))) return false
        break
      case "restart":
        if (!((value === "never" || value === "on-failure" || value === "always"))) return false
        break
      case "refreshEvery":
        if (!(typeof value === 'string' && PATTERN_4.test(value))) return false
        break
      case "onChange":
        if (!(typeof value === 'string' && PATTERN_5.test(value))) return false
        break
      case "verifyOnFailure":
        if (!(typeof value === 'boolean')) return false
        break
      default:
        return false
    }
  }
  return true
}

function isAgent(value: unknown): boolean {
  return isObject(value) && object6(value)
}

function object7(fields: Fields): boolean {
  if (!Object.hasOwn(fields, "maxStale")) return false
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "maxStale":
        if (!(typeof value === 'string' && PATTERN_4.test(value))) return false
        break
      default:
        return false
    }
  }
  return true
}

function object8(fields: Fields): boolean {
  if (!Object.hasOwn(fields, "provider")) return false
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "provider":
        if (!(isChain(value))) return false
        break
      case "target":
        if (!(typeof value === 'string' && PATTERN_2.test(value))) return false
        break
      case "path":
        if (!(typeof value === 'string' && PATTERN_2.test(value))) return false
        break
      case "field":
        if (!(typeof value === 'string' && PATTERN_2.test(value))) return false
        break
      case "version":
        if (!(typeof value === 'string' && PATTERN_2.test(value))) return false
        break
      case "required":
        if (!(typeof value === 'boolean')) return false
        break
      case "expiresAt":
        if (!(typeof value === 'string' && PATTERN_3.test(value))) return false
        break
      case "deprecationDate":
        if (!(typeof value === 'string' && PATTERN_3.test(value))) return false
        break
      case "note":
        if (!(typeof value === 'string')) return false
        break
      case "fallbackOn":
        if (!(Array.isArray(value) && value.length >= 1 && value.every((item: unknown) => (item === "unavailable" || item === "not-found")))) return false
        break
      case "resilience":
        if (!(isObject(value) && object7(value))) return false
        break
      case "rotate":
        if (!(isRotate(value))) return false
        break
      case "allowPlaintext":
        if (!(typeof value === 'boolean')) return false
        break
      default:
        return false
    }
  }
  return true
}

function isEnvironmentRefEntry(value: unknown): boolean {
  return isObject(value) && object8(value)
}

function object9(fields: Fields): boolean {
  if (!Object.hasOwn(fields, "provider")) return false
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "provider":
        if (!(typeof value === 'string' && PATTERN_6.test(value))) return false
        break
      case "path":
        if (!(typeof value === 'string' && PATTERN_2.test(value))) return false
        break
      case "target":
        if (!(typeof value === 'string' && PATTERN_2.test(value))) return false
        break
      case "field":
        if (!(typeof value === 'string' && PATTERN_2.test(value))) return false
        break
      case "version":
        if (!(typeof value === 'string' && PATTERN_2.test(value))) return false
        break
      default:
        return false
    }
  }
  return true
}

function isChainEntry(value: unknown): boolean {
  return (typeof value === 'string' && PATTERN_6.test(value) || isObject(value) && object9(value))
}

function isChain(value: unknown): boolean {
  return (typeof value === 'string' && PATTERN_6.test(value) || Array.isArray(value) && value.length >= 1 && value.every((item: unknown) => isChainEntry(item)))
}

function object10(fields: Fields): boolean {
  if (!Object.hasOwn(fields, "secretRef")) return false
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "secretRef":
        if (!(typeof value === 'string' && PATTERN_0.test(value))) return false
        break
      default:
        return false
    }
  }
  return true
}

function object11(fields: Fields): boolean {
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "service":
        if (!(typeof value === 'string' && PATTERN_7.test(value))) return false
        break
      case "unverified":
        if (!(typeof value === 'boolean')) return false
        break
      case "driver":
        if (!(value === "guided")) return false
        break
      case "before":
        if (!(typeof value === 'string' && PATTERN_4.test(value))) return false
        break
      case "every":
        if (!(typeof value === 'string' && PATTERN_4.test(value))) return false
        break
      case "window":
        if (!(typeof value === 'string' && PATTERN_2.test(value))) return false
        break
      case "grace":
        if (!(typeof value === 'string' && PATTERN_4.test(value))) return false
        break
      case "admin":
        if (!(isObject(value) && object10(value))) return false
        break
      default:
        return false
    }
  }
  return true
}

function object12(fields: Fields): boolean {
  if (!Object.hasOwn(fields, "driver")) return false
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "user":
        if (!(typeof value === 'string' && PATTERN_8.test(value))) return false
        break
      case "region":
        if (!(typeof value === 'string' && value.length >= 1)) return false
        break
      case "endpoint":
        if (!(typeof value === 'string' && PATTERN_9.test(value))) return false
        break
      case "timeoutMs":
        if (!(typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= 120000)) return false
        break
      case "driver":
        if (!(value === "aws-iam")) return false
        break
      case "before":
        if (!(typeof value === 'string' && PATTERN_4.test(value))) return false
        break
      case "every":
        if (!(typeof value === 'string' && PATTERN_4.test(value))) return false
        break
      case "window":
        if (!(typeof value === 'string' && PATTERN_2.test(value))) return false
        break
      case "grace":
        if (!(typeof value === 'string' && PATTERN_4.test(value))) return false
        break
      case "admin":
        if (!(isObject(value) && object10(value))) return false
        break
      default:
        return false
    }
  }
  return true
}

function object13(fields: Fields): boolean {
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    if (!(typeof key === 'string' && PATTERN_1.test(key))) return false
    if (!(typeof value === 'string')) return false
  }
  return true
}

function object14(fields: Fields): boolean {
  if (!Object.hasOwn(fields, "class")) return false
  if (!Object.hasOwn(fields, "command")) return false
  if (!Object.hasOwn(fields, "driver")) return false
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "class":
        if (!((value === "chosen" || value === "issued" || value === "slots" || value === "roll"))) return false
        break
      case "command":
        if (!(typeof value === 'string' && PATTERN_10.test(value))) return false
        break
      case "args":
        if (!(Array.isArray(value) && value.length <= 128 && value.every((item: unknown) => typeof item === 'string' && item.length <= 1024))) return false
        break
      case "timeoutMs":
        if (!(typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= 120000)) return false
        break
      case "env":
        if (!(isObject(value) && object13(value))) return false
        break
      case "driver":
        if (!(value === "exec")) return false
        break
      case "before":
        if (!(typeof value === 'string' && PATTERN_4.test(value))) return false
        break
      case "every":
        if (!(typeof value === 'string' && PATTERN_4.test(value))) return false
        break
      case "window":
        if (!(typeof value === 'string' && PATTERN_2.test(value))) return false
        break
      case "grace":
        if (!(typeof value === 'string' && PATTERN_4.test(value))) return false
        break
      case "admin":
        if (!(isObject(value) && object10(value))) return false
        break
      default:
        return false
    }
  }
  return true
}

function object15(fields: Fields): boolean {
  if (!Object.hasOwn(fields, "driver")) return false
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "length":
        if (!(typeof value === 'number' && Number.isSafeInteger(value) && value >= 16 && value <= 1024)) return false
        break
      case "alphabet":
        if (!((value === "alphanumeric" || value === "hex" || value === "base64url"))) return false
        break
      case "driver":
        if (!(value === "generate")) return false
        break
      case "before":
        if (!(typeof value === 'string' && PATTERN_4.test(value))) return false
        break
      case "every":
        if (!(typeof value === 'string' && PATTERN_4.test(value))) return false
        break
      case "window":
        if (!(typeof value === 'string' && PATTERN_2.test(value))) return false
        break
      case "grace":
        if (!(typeof value === 'string' && PATTERN_4.test(value))) return false
        break
      case "admin":
        if (!(isObject(value) && object10(value))) return false
        break
      default:
        return false
    }
  }
  return true
}

function object16(fields: Fields): boolean {
  if (!Object.hasOwn(fields, "driver")) return false
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "userHost":
        if (!(typeof value === 'string' && value.length >= 1 && value.length <= 255)) return false
        break
      case "caCert":
        if (!(typeof value === 'string' && PATTERN_10.test(value))) return false
        break
      case "driver":
        if (!(value === "mysql")) return false
        break
      case "before":
        if (!(typeof value === 'string' && PATTERN_4.test(value))) return false
        break
      case "every":
        if (!(typeof value === 'string' && PATTERN_4.test(value))) return false
        break
      case "window":
        if (!(typeof value === 'string' && PATTERN_2.test(value))) return false
        break
      case "grace":
        if (!(typeof value === 'string' && PATTERN_4.test(value))) return false
        break
      case "admin":
        if (!(isObject(value) && object10(value))) return false
        break
      default:
        return false
    }
  }
  return true
}

function object17(fields: Fields): boolean {
  if (!Object.hasOwn(fields, "users")) return false
  if (!Object.hasOwn(fields, "driver")) return false
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "users":
        if (!(Array.isArray(value) && value.length >= 2 && value.length <= 2 && value.every((item: unknown) => typeof item === 'string' && item.length >= 1 && item.length <= 128))) return false
        break
      case "userHost":
        if (!(typeof value === 'string' && value.length >= 1 && value.length <= 255)) return false
        break
      case "caCert":
        if (!(typeof value === 'string' && PATTERN_10.test(value))) return false
        break
      case "driver":
        if (!(value === "mysql-users")) return false
        break
      case "before":
        if (!(typeof value === 'string' && PATTERN_4.test(value))) return false
        break
      case "every":
        if (!(typeof value === 'string' && PATTERN_4.test(value))) return false
        break
      case "window":
        if (!(typeof value === 'string' && PATTERN_2.test(value))) return false
        break
      case "grace":
        if (!(typeof value === 'string' && PATTERN_4.test(value))) return false
        break
      case "admin":
        if (!(isObject(value) && object10(value))) return false
        break
      default:
        return false
    }
  }
  return true
}

function object18(fields: Fields): boolean {
  if (!Object.hasOwn(fields, "driver")) return false
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "caCert":
        if (!(typeof value === 'string' && PATTERN_10.test(value))) return false
        break
      case "driver":
        if (!(value === "postgres")) return false
        break
      case "before":
        if (!(typeof value === 'string' && PATTERN_4.test(value))) return false
        break
      case "every":
        if (!(typeof value === 'string' && PATTERN_4.test(value))) return false
        break
      case "window":
        if (!(typeof value === 'string' && PATTERN_2.test(value))) return false
        break
      case "grace":
        if (!(typeof value === 'string' && PATTERN_4.test(value))) return false
        break
      case "admin":
        if (!(isObject(value) && object10(value))) return false
        break
      default:
        return false
    }
  }
  return true
}

function object19(fields: Fields): boolean {
  if (!Object.hasOwn(fields, "users")) return false
  if (!Object.hasOwn(fields, "driver")) return false
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "users":
        if (!(Array.isArray(value) && value.length >= 2 && value.length <= 2 && value.every((item: unknown) => typeof item === 'string' && item.length >= 1 && item.length <= 63))) return false
        break
      case "caCert":
        if (!(typeof value === 'string' && PATTERN_10.test(value))) return false
        break
      case "driver":
        if (!(value === "postgres-users")) return false
        break
      case "before":
        if (!(typeof value === 'string' && PATTERN_4.test(value))) return false
        break
      case "every":
        if (!(typeof value === 'string' && PATTERN_4.test(value))) return false
        break
      case "window":
        if (!(typeof value === 'string' && PATTERN_2.test(value))) return false
        break
      case "grace":
        if (!(typeof value === 'string' && PATTERN_4.test(value))) return false
        break
      case "admin":
        if (!(isObject(value) && object10(value))) return false
        break
      default:
        return false
    }
  }
  return true
}

function object20(fields: Fields): boolean {
  if (!Object.hasOwn(fields, "management")) return false
  if (!Object.hasOwn(fields, "driver")) return false
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "management":
        if (!(typeof value === 'string' && PATTERN_11.test(value))) return false
        break
      case "caCert":
        if (!(typeof value === 'string' && PATTERN_10.test(value))) return false
        break
      case "driver":
        if (!(value === "rabbitmq")) return false
        break
      case "before":
        if (!(typeof value === 'string' && PATTERN_4.test(value))) return false
        break
      case "every":
        if (!(typeof value === 'string' && PATTERN_4.test(value))) return false
        break
      case "window":
        if (!(typeof value === 'string' && PATTERN_2.test(value))) return false
        break
      case "grace":
        if (!(typeof value === 'string' && PATTERN_4.test(value))) return false
        break
      case "admin":
        if (!(isObject(value) && object10(value))) return false
        break
      default:
        return false
    }
  }
  return true
}

function object21(fields: Fields): boolean {
  if (!Object.hasOwn(fields, "driver")) return false
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "persist":
        if (!((value === "aclfile" || value === "config" || value === "none"))) return false
        break
      case "caCert":
        if (!(typeof value === 'string' && PATTERN_10.test(value))) return false
        break
      case "driver":
        if (!(value === "redis")) return false
        break
      case "before":
        if (!(typeof value === 'string' && PATTERN_4.test(value))) return false
        break
      case "every":
        if (!(typeof value === 'string' && PATTERN_4.test(value))) return false
        break
      case "window":
        if (!(typeof value === 'string' && PATTERN_2.test(value))) return false
        break
      case "grace":
        if (!(typeof value === 'string' && PATTERN_4.test(value))) return false
        break
      case "admin":
        if (!(isObject(value) && object10(value))) return false
        break
      default:
        return false
    }
  }
  return true
}

function object22(fields: Fields): boolean {
  if (!Object.hasOwn(fields, "driver")) return false
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "driver":
        if (!(value === "stripe")) return false
        break
      case "before":
        if (!(typeof value === 'string' && PATTERN_4.test(value))) return false
        break
      case "every":
        if (!(typeof value === 'string' && PATTERN_4.test(value))) return false
        break
      case "window":
        if (!(typeof value === 'string' && PATTERN_2.test(value))) return false
        break
      case "grace":
        if (!(typeof value === 'string' && PATTERN_4.test(value))) return false
        break
      case "admin":
        if (!(isObject(value) && object10(value))) return false
        break
      default:
        return false
    }
  }
  return true
}

function isRotate(value: unknown): boolean {
  return (isObject(value) && object11(value) || isObject(value) && object12(value) || isObject(value) && object14(value) || isObject(value) && object15(value) || isObject(value) && object16(value) || isObject(value) && object17(value) || isObject(value) && object18(value) || isObject(value) && object19(value) || isObject(value) && object20(value) || isObject(value) && object21(value) || isObject(value) && object22(value))
}

function object23(fields: Fields): boolean {
  if (!Object.hasOwn(fields, "provider")) return false
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "provider":
        if (!(isChain(value))) return false
        break
      case "target":
        if (!(typeof value === 'string' && PATTERN_2.test(value))) return false
        break
      case "path":
        if (!(typeof value === 'string' && PATTERN_2.test(value))) return false
        break
      case "field":
        if (!(typeof value === 'string' && PATTERN_2.test(value))) return false
        break
      case "version":
        if (!(typeof value === 'string' && PATTERN_2.test(value))) return false
        break
      case "required":
        if (!(typeof value === 'boolean')) return false
        break
      case "expiresAt":
        if (!(typeof value === 'string' && PATTERN_3.test(value))) return false
        break
      case "deprecationDate":
        if (!(typeof value === 'string' && PATTERN_3.test(value))) return false
        break
      case "note":
        if (!(typeof value === 'string')) return false
        break
      case "fallbackOn":
        if (!(Array.isArray(value) && value.length >= 1 && value.every((item: unknown) => (item === "unavailable" || item === "not-found")))) return false
        break
      case "resilience":
        if (!(isObject(value) && object7(value))) return false
        break
      case "rotate":
        if (!(isRotate(value))) return false
        break
      default:
        return false
    }
  }
  return true
}

function isRefEntry(value: unknown): boolean {
  return isObject(value) && object23(value)
}

function object24(fields: Fields): boolean {
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "type":
        if (!(value === "aws-secrets-manager")) return false
        break
      case "region":
        if (!(typeof value === 'string' && value.length >= 1)) return false
        break
      case "profile":
        if (!(typeof value === 'string' && value.length >= 1)) return false
        break
      case "endpoint":
        if (!(typeof value === 'string' && PATTERN_9.test(value))) return false
        break
      case "auditPrefix":
        if (!(typeof value === 'string' && PATTERN_12.test(value))) return false
        break
      case "timeoutMs":
        if (!(typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= 120000)) return false
        break
      case "callsPerMinute":
        if (!(typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= 100000)) return false
        break
      case "field":
        if (!(typeof value === 'string' && value.length >= 1)) return false
        break
      case "resilience":
        if (!(isObject(value) && object7(value))) return false
        break
      default:
        return false
    }
  }
  return true
}

function object25(fields: Fields): boolean {
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "type":
        if (!(value === "aws-ssm")) return false
        break
      case "region":
        if (!(typeof value === 'string' && value.length >= 1)) return false
        break
      case "profile":
        if (!(typeof value === 'string' && value.length >= 1)) return false
        break
      case "endpoint":
        if (!(typeof value === 'string' && PATTERN_9.test(value))) return false
        break
      case "auditPrefix":
        if (!(typeof value === 'string' && PATTERN_12.test(value))) return false
        break
      case "timeoutMs":
        if (!(typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= 120000)) return false
        break
      case "callsPerMinute":
        if (!(typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= 100000)) return false
        break
      case "resilience":
        if (!(isObject(value) && object7(value))) return false
        break
      default:
        return false
    }
  }
  return true
}

function object26(fields: Fields): boolean {
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "type":
        if (!(value === "env")) return false
        break
      case "resilience":
        if (!(isObject(value) && object7(value))) return false
        break
      default:
        return false
    }
  }
  return true
}

function object27(fields: Fields): boolean {
  if (!Object.hasOwn(fields, "command")) return false
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "type":
        if (!(value === "exec")) return false
        break
      case "command":
        if (!(typeof value === 'string' && PATTERN_10.test(value))) return false
        break
      case "args":
        if (!(Array.isArray(value) && value.length <= 128 && value.every((item: unknown) => typeof item === 'string' && item.length <= 1024))) return false
        break
      case "timeoutMs":
        if (!(typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= 120000)) return false
        break
      case "noOutputTimeoutMs":
        if (!(typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= 120000)) return false
        break
      case "maxOutputBytes":
        if (!(typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= 20971520)) return false
        break
      case "jsonOnly":
        if (!(typeof value === 'boolean')) return false
        break
      case "env":
        if (!(isObject(value) && object13(value))) return false
        break
      case "passEnv":
        if (!(Array.isArray(value) && value.length <= 128 && value.every((item: unknown) => typeof item === 'string' && PATTERN_1.test(item)))) return false
        break
      case "trustedDirs":
        if (!(Array.isArray(value) && value.length <= 64 && value.every((item: unknown) => typeof item === 'string' && PATTERN_10.test(item)))) return false
        break
      case "resilience":
        if (!(isObject(value) && object7(value))) return false
        break
      default:
        return false
    }
  }
  return true
}

function object28(fields: Fields): boolean {
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "type":
        if (!(value === "file")) return false
        break
      case "path":
        if (!(typeof value === 'string' && value.length >= 1)) return false
        break
      case "format":
        if (!((value === "json" || value === "raw"))) return false
        break
      case "resilience":
        if (!(isObject(value) && object7(value))) return false
        break
      default:
        return false
    }
  }
  return true
}

function object29(fields: Fields): boolean {
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "type":
        if (!(value === "keychain")) return false
        break
      case "service":
        if (!(typeof value === 'string' && value.length >= 1 && value.length <= 256)) return false
        break
      case "resilience":
        if (!(isObject(value) && object7(value))) return false
        break
      default:
        return false
    }
  }
  return true
}

function object30(fields: Fields): boolean {
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "type":
        if (!(value === "store")) return false
        break
      case "path":
        if (!(typeof value === 'string' && value.length >= 1)) return false
        break
      case "identity":
        if (!(typeof value === 'string' && value.length >= 1)) return false
        break
      case "passphraseFile":
        if (!(typeof value === 'string' && value.length >= 1)) return false
        break
      case "resilience":
        if (!(isObject(value) && object7(value))) return false
        break
      default:
        return false
    }
  }
  return true
}

function object31(fields: Fields): boolean {
  if (!Object.hasOwn(fields, "method")) return false
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "method":
        if (!((value === "token" || value === "approle" || value === "kubernetes" || value === "jwt" || value === "cert"))) return false
        break
      case "mount":
        if (!(typeof value === 'string' && value.length >= 1)) return false
        break
      case "tokenFile":
        if (!(typeof value === 'string' && value.length >= 1)) return false
        break
      case "roleId":
        if (!(typeof value === 'string' && value.length >= 1)) return false
        break
      case "roleIdFile":
        if (!(typeof value === 'string' && value.length >= 1)) return false
        break
      case "secretIdFile":
        if (!(typeof value === 'string' && value.length >= 1)) return false
        break
      case "secretIdWrapped":
        if (!(typeof value === 'boolean')) return false
        break
      case "role":
        if (!(typeof value === 'string' && value.length >= 1)) return false
        break
      case "jwtFile":
        if (!(typeof value === 'string' && value.length >= 1)) return false
        break
      default:
        return false
    }
  }
  return true
}

function object32(fields: Fields): boolean {
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "type":
        if (!(value === "vault")) return false
        break
      case "address":
        if (!(typeof value === 'string' && PATTERN_13.test(value))) return false
        break
      case "namespace":
        if (!(typeof value === 'string' && value.length >= 1)) return false
        break
      case "engine":
        if (!((value === "kv" || value === "dynamic"))) return false
        break
      case "mount":
        if (!(typeof value === 'string' && value.length >= 1)) return false
        break
      case "kv":
        if (!(typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= 2)) return false
        break
      case "field":
        if (!(typeof value === 'string' && value.length >= 1)) return false
        break
      case "auth":
        if (!(isObject(value) && object31(value))) return false
        break
      case "caCert":
        if (!(typeof value === 'string' && value.length >= 1)) return false
        break
      case "clientCert":
        if (!(typeof value === 'string' && value.length >= 1)) return false
        break
      case "clientKey":
        if (!(typeof value === 'string' && value.length >= 1)) return false
        break
      case "tlsServerName":
        if (!(typeof value === 'string' && value.length >= 1)) return false
        break
      case "auditPrefix":
        if (!(typeof value === 'string' && PATTERN_14.test(value))) return false
        break
      case "timeoutMs":
        if (!(typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= 120000)) return false
        break
      case "callsPerMinute":
        if (!(typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= 100000)) return false
        break
      case "resilience":
        if (!(isObject(value) && object7(value))) return false
        break
      default:
        return false
    }
  }
  return true
}

function object33(fields: Fields): boolean {
  if (!Object.hasOwn(fields, "type")) return false
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "type":
        if (!(value === "aws-secrets-manager")) return false
        break
      case "region":
        if (!(typeof value === 'string' && value.length >= 1)) return false
        break
      case "profile":
        if (!(typeof value === 'string' && value.length >= 1)) return false
        break
      case "endpoint":
        if (!(typeof value === 'string' && PATTERN_9.test(value))) return false
        break
      case "auditPrefix":
        if (!(typeof value === 'string' && PATTERN_12.test(value))) return false
        break
      case "timeoutMs":
        if (!(typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= 120000)) return false
        break
      case "callsPerMinute":
        if (!(typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= 100000)) return false
        break
      case "field":
        if (!(typeof value === 'string' && value.length >= 1)) return false
        break
      case "resilience":
        if (!(isObject(value) && object7(value))) return false
        break
      default:
        return false
    }
  }
  return true
}

function object34(fields: Fields): boolean {
  if (!Object.hasOwn(fields, "type")) return false
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "type":
        if (!(value === "aws-ssm")) return false
        break
      case "region":
        if (!(typeof value === 'string' && value.length >= 1)) return false
        break
      case "profile":
        if (!(typeof value === 'string' && value.length >= 1)) return false
        break
      case "endpoint":
        if (!(typeof value === 'string' && PATTERN_9.test(value))) return false
        break
      case "auditPrefix":
        if (!(typeof value === 'string' && PATTERN_12.test(value))) return false
        break
      case "timeoutMs":
        if (!(typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= 120000)) return false
        break
      case "callsPerMinute":
        if (!(typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= 100000)) return false
        break
      case "resilience":
        if (!(isObject(value) && object7(value))) return false
        break
      default:
        return false
    }
  }
  return true
}

function object35(fields: Fields): boolean {
  if (!Object.hasOwn(fields, "type")) return false
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "type":
        if (!(value === "env")) return false
        break
      case "resilience":
        if (!(isObject(value) && object7(value))) return false
        break
      default:
        return false
    }
  }
  return true
}

function object36(fields: Fields): boolean {
  if (!Object.hasOwn(fields, "type")) return false
  if (!Object.hasOwn(fields, "command")) return false
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "type":
        if (!(value === "exec")) return false
        break
      case "command":
        if (!(typeof value === 'string' && PATTERN_10.test(value))) return false
        break
      case "args":
        if (!(Array.isArray(value) && value.length <= 128 && value.every((item: unknown) => typeof item === 'string' && item.length <= 1024))) return false
        break
      case "timeoutMs":
        if (!(typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= 120000)) return false
        break
      case "noOutputTimeoutMs":
        if (!(typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= 120000)) return false
        break
      case "maxOutputBytes":
        if (!(typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= 20971520)) return false
        break
      case "jsonOnly":
        if (!(typeof value === 'boolean')) return false
        break
      case "env":
        if (!(isObject(value) && object13(value))) return false
        break
      case "passEnv":
        if (!(Array.isArray(value) && value.length <= 128 && value.every((item: unknown) => typeof item === 'string' && PATTERN_1.test(item)))) return false
        break
      case "trustedDirs":
        if (!(Array.isArray(value) && value.length <= 64 && value.every((item: unknown) => typeof item === 'string' && PATTERN_10.test(item)))) return false
        break
      case "resilience":
        if (!(isObject(value) && object7(value))) return false
        break
      default:
        return false
    }
  }
  return true
}

function object37(fields: Fields): boolean {
  if (!Object.hasOwn(fields, "type")) return false
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "type":
        if (!(value === "file")) return false
        break
      case "path":
        if (!(typeof value === 'string' && value.length >= 1)) return false
        break
      case "format":
        if (!((value === "json" || value === "raw"))) return false
        break
      case "resilience":
        if (!(isObject(value) && object7(value))) return false
        break
      default:
        return false
    }
  }
  return true
}

function object38(fields: Fields): boolean {
  if (!Object.hasOwn(fields, "type")) return false
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "type":
        if (!(value === "keychain")) return false
        break
      case "service":
        if (!(typeof value === 'string' && value.length >= 1 && value.length <= 256)) return false
        break
      case "resilience":
        if (!(isObject(value) && object7(value))) return false
        break
      default:
        return false
    }
  }
  return true
}

function object39(fields: Fields): boolean {
  if (!Object.hasOwn(fields, "type")) return false
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "type":
        if (!(value === "store")) return false
        break
      case "path":
        if (!(typeof value === 'string' && value.length >= 1)) return false
        break
      case "identity":
        if (!(typeof value === 'string' && value.length >= 1)) return false
        break
      case "passphraseFile":
        if (!(typeof value === 'string' && value.length >= 1)) return false
        break
      case "resilience":
        if (!(isObject(value) && object7(value))) return false
        break
      default:
        return false
    }
  }
  return true
}

function object40(fields: Fields): boolean {
  if (!Object.hasOwn(fields, "type")) return false
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "type":
        if (!(value === "vault")) return false
        break
      case "address":
        if (!(typeof value === 'string' && PATTERN_13.test(value))) return false
        break
      case "namespace":
        if (!(typeof value === 'string' && value.length >= 1)) return false
        break
      case "engine":
        if (!((value === "kv" || value === "dynamic"))) return false
        break
      case "mount":
        if (!(typeof value === 'string' && value.length >= 1)) return false
        break
      case "kv":
        if (!(typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= 2)) return false
        break
      case "field":
        if (!(typeof value === 'string' && value.length >= 1)) return false
        break
      case "auth":
        if (!(isObject(value) && object31(value))) return false
        break
      case "caCert":
        if (!(typeof value === 'string' && value.length >= 1)) return false
        break
      case "clientCert":
        if (!(typeof value === 'string' && value.length >= 1)) return false
        break
      case "clientKey":
        if (!(typeof value === 'string' && value.length >= 1)) return false
        break
      case "tlsServerName":
        if (!(typeof value === 'string' && value.length >= 1)) return false
        break
      case "auditPrefix":
        if (!(typeof value === 'string' && PATTERN_14.test(value))) return false
        break
      case "timeoutMs":
        if (!(typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= 120000)) return false
        break
      case "callsPerMinute":
        if (!(typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= 100000)) return false
        break
      case "resilience":
        if (!(isObject(value) && object7(value))) return false
        break
      default:
        return false
    }
  }
  return true
}

function object41(fields: Fields): boolean {
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "aws-secrets-manager":
        if (!(isObject(value) && object24(value))) return false
        break
      case "aws-ssm":
        if (!(isObject(value) && object25(value))) return false
        break
      case "env":
        if (!(isObject(value) && object26(value))) return false
        break
      case "exec":
        if (!(isObject(value) && object27(value))) return false
        break
      case "file":
        if (!(isObject(value) && object28(value))) return false
        break
      case "keychain":
        if (!(isObject(value) && object29(value))) return false
        break
      case "store":
        if (!(isObject(value) && object30(value))) return false
        break
      case "vault":
        if (!(isObject(value) && object32(value))) return false
        break
      default:
        if (!((isObject(value) && object33(value) || isObject(value) && object34(value) || isObject(value) && object35(value) || isObject(value) && object36(value) || isObject(value) && object37(value) || isObject(value) && object38(value) || isObject(value) && object39(value) || isObject(value) && object40(value)))) return false
    }
  }
  return true
}

function object42(fields: Fields): boolean {
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "providers":
        if (!(isObject(value) && object41(value))) return false
        break
      default:
        return false
    }
  }
  return true
}

function object43(fields: Fields): boolean {
  if (!Object.hasOwn(fields, "id")) return false
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "id":
        if (!(typeof value === 'string' && PATTERN_0.test(value))) return false
        break
      case "name":
        if (!(typeof value === 'string')) return false
        break
      case "description":
        if (!(typeof value === 'string')) return false
        break
      case "runtime":
        if (!((value === "agent" || value === "subagent"))) return false
        break
      case "capabilities":
        if (!(Array.isArray(value) && value.every((item: unknown) => typeof item === 'string' && PATTERN_0.test(item)))) return false
        break
      case "auth-profiles":
        if (!(isObject(value) && object2(value))) return false
        break
      case "tool-bindings":
        if (!(isObject(value) && object5(value))) return false
        break
      case "command":
        if (!(Array.isArray(value) && value.length >= 1 && value.every((item: unknown) => typeof item === 'string' && PATTERN_2.test(item)))) return false
        break
      case "cwd":
        if (!(typeof value === 'string' && PATTERN_2.test(value))) return false
        break
      case "inheritEnv":
        if (!(Array.isArray(value) && value.every((item: unknown) => typeof item === 'string' && PATTERN_1.test(item)))) return false
        break
      case "lockCommand":
        if (!(typeof value === 'boolean')) return false
        break
      case "subagents":
        if (!(Array.isArray(value) && value.every((item: unknown) => typeof item === 'string' && PATTERN_0.test(item)))) return false
        break
      case "schedule":
        if (!(typeof value === 'string' && PATTERN_2.test(value))) return false
        break
      case "timezone":
        if (!(typeof value === 'string' && PATTERN_2.test(value))) return false
        break
      case "restart":
        if (!((value === "never" || value === "on-failure" || value === "always"))) return false
        break
      case "refreshEvery":
        if (!(typeof value === 'string' && PATTERN_4.test(value))) return false
        break
      case "onChange":
        if (!(typeof value === 'string' && PATTERN_5.test(value))) return false
        break
      case "verifyOnFailure":
        if (!(typeof value === 'boolean')) return false
        break
      default:
        return false
    }
  }
  return true
}

function object44(fields: Fields): boolean {
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    if (!(typeof key === 'string' && PATTERN_0.test(key))) return false
    if (!(isAgent(value))) return false
  }
  return true
}

function object45(fields: Fields): boolean {
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    if (!(typeof key === 'string' && PATTERN_0.test(key))) return false
    if (!(isEnvironmentRefEntry(value))) return false
  }
  return true
}

function object46(fields: Fields): boolean {
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    if (!(typeof key === 'string' && PATTERN_1.test(key))) return false
    if (!(typeof value === 'string' && PATTERN_2.test(value))) return false
  }
  return true
}

function object47(fields: Fields): boolean {
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "baseUrl":
        if (!(typeof value === 'string' && PATTERN_2.test(value))) return false
        break
      case "settings":
        if (!(isObject(value) && object46(value))) return false
        break
      default:
        return false
    }
  }
  return true
}

function object48(fields: Fields): boolean {
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    if (!(typeof key === 'string' && PATTERN_0.test(key))) return false
    if (!(isObject(value) && object47(value))) return false
  }
  return true
}

function object49(fields: Fields): boolean {
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "secrets":
        if (!(isObject(value) && object45(value))) return false
        break
      case "inherit":
        if (!(typeof value === 'boolean')) return false
        break
      case "targets":
        if (!(isObject(value) && object48(value))) return false
        break
      default:
        return false
    }
  }
  return true
}

function object50(fields: Fields): boolean {
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    if (!(typeof key === 'string' && PATTERN_6.test(key))) return false
    if (!(isObject(value) && object49(value))) return false
  }
  return true
}

function object51(fields: Fields): boolean {
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "token":
        if (!(isObject(value) && object10(value))) return false
        break
      case "webhook":
        if (!(isObject(value) && object10(value))) return false
        break
      case "channel":
        if (!(typeof value === 'string' && PATTERN_15.test(value))) return false
        break
      default:
        return false
    }
  }
  return true
}

function object52(fields: Fields): boolean {
  if (!Object.hasOwn(fields, "url")) return false
  if (!Object.hasOwn(fields, "secret")) return false
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "url":
        if (!(typeof value === 'string' && PATTERN_9.test(value))) return false
        break
      case "secret":
        if (!(isObject(value) && object10(value))) return false
        break
      default:
        return false
    }
  }
  return true
}

function object53(fields: Fields): boolean {
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    if (!(typeof key === 'string' && PATTERN_6.test(key))) return false
    if (!(isObject(value) && object52(value))) return false
  }
  return true
}

function object54(fields: Fields): boolean {
  if (!Object.hasOwn(fields, "command")) return false
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "command":
        if (!(Array.isArray(value) && value.length >= 1 && value.every((item: unknown) => typeof item === 'string' && PATTERN_2.test(item)))) return false
        break
      default:
        return false
    }
  }
  return true
}

function object55(fields: Fields): boolean {
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    if (!(typeof key === 'string' && PATTERN_6.test(key))) return false
    if (!(isObject(value) && object54(value))) return false
  }
  return true
}

function object56(fields: Fields): boolean {
  if (!Object.hasOwn(fields, "to")) return false
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "events":
        if (!(Array.isArray(value) && value.length >= 1 && value.every((item: unknown) => (item === "credential.expiring" || item === "credential.expired" || item === "credential.rejected" || item === "credential.unreadable" || item === "grant.denied" || item === "grant.revoked" || item === "lease.lost" || item === "provider.stale" || item === "rotation.guided" || item === "rotation.failed" || item === "rotation.stuck" || item === "credential.*" || item === "grant.*" || item === "lease.*" || item === "provider.*" || item === "rotation.*")))) return false
        break
      case "severity":
        if (!((value === "info" || value === "warning" || value === "critical"))) return false
        break
      case "environments":
        if (!(Array.isArray(value) && value.length >= 1 && value.every((item: unknown) => typeof item === 'string' && PATTERN_6.test(item)))) return false
        break
      case "to":
        if (!(Array.isArray(value) && value.length >= 1 && value.every((item: unknown) => typeof item === 'string' && PATTERN_2.test(item)))) return false
        break
      default:
        return false
    }
  }
  return true
}

function object57(fields: Fields): boolean {
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "slack":
        if (!(isObject(value) && object51(value))) return false
        break
      case "webhooks":
        if (!(isObject(value) && object53(value))) return false
        break
      case "commands":
        if (!(isObject(value) && object55(value))) return false
        break
      case "routes":
        if (!(Array.isArray(value) && value.length >= 1 && value.every((item: unknown) => isObject(item) && object56(item)))) return false
        break
      default:
        return false
    }
  }
  return true
}

function object58(fields: Fields): boolean {
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    if (!(typeof key === 'string' && PATTERN_0.test(key))) return false
    if (!(isRefEntry(value))) return false
  }
  return true
}

function object59(fields: Fields): boolean {
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "refMap":
        if (!(isObject(value) && object58(value))) return false
        break
      case "active-provider":
        if (!(typeof value === 'string' && PATTERN_6.test(value))) return false
        break
      case "fallback":
        if (!(isChain(value))) return false
        break
      case "fallbackOn":
        if (!(Array.isArray(value) && value.length >= 1 && value.every((item: unknown) => (item === "unavailable" || item === "not-found")))) return false
        break
      default:
        return false
    }
  }
  return true
}

function object60(fields: Fields): boolean {
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "environment":
        if (!(typeof value === 'string' && PATTERN_6.test(value))) return false
        break
      case "secrets":
        if (!(isObject(value) && object59(value))) return false
        break
      default:
        return false
    }
  }
  return true
}

function object61(fields: Fields): boolean {
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "gateway":
        if (!(isObject(value) && object60(value))) return false
        break
      default:
        return false
    }
  }
  return true
}

function object62(fields: Fields): boolean {
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    switch (key) {
      case "$schema":
        if (!(typeof value === 'string')) return false
        break
      case "secrets":
        if (!(isObject(value) && object42(value))) return false
        break
      case "agent":
        if (!(isObject(value) && object43(value))) return false
        break
      case "agents":
        if (!(isObject(value) && object44(value))) return false
        break
      case "environments":
        if (!(isObject(value) && object50(value))) return false
        break
      case "targets":
        if (!(isObject(value) && object48(value))) return false
        break
      case "alerts":
        if (!(isObject(value) && object57(value))) return false
        break
      case "openclaw":
        if (!(isObject(value) && object61(value))) return false
        break
      default:
        return false
    }
  }
  return true
}
