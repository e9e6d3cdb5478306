/** Browsers that block TikTok's host by default. */
const browsers: readonly [mark: RegExp, name: string][] = [
  [/DuckDuckGo\//, "DuckDuckGo's tracker protection, or an ad blocker"],
  [/OPR\//, "Opera's ad blocker, or an extension"],
  [/Firefox\//, "Firefox's tracking protection, or an ad blocker"],
]

/** What probably blocks TikTok's script in this browser. Empty if unknown. */
export function likelyBlocker({ navigator }: Pick<Window, 'navigator'>): string {
  if (Reflect.get(navigator, 'brave')) return "Brave's Shields"
  return browsers.find(([mark]) => mark.test(navigator.userAgent))?.[1] ?? ''
}
