/** Browsers that block TikTok's host of themselves. */
const browsers: readonly [mark: RegExp, name: string][] = [
  [/DuckDuckGo\//, "DuckDuckGo's tracker protection, or an ad blocker"],
  [/OPR\//, "Opera's ad blocker, or an extension"],
  [/Firefox\//, "Firefox's tracking protection, or an ad blocker"],
]

/** What is likely to keep TikTok's script away in this browser. Empty, where there is nothing to tell it by. */
export function likelyBlocker({ navigator }: Pick<Window, 'navigator'>): string {
  if (Reflect.get(navigator, 'brave')) return "Brave's Shields"
  return browsers.find(([mark]) => mark.test(navigator.userAgent))?.[1] ?? ''
}
