// The colors of the inspector and of the operator's page. Each text color has a contrast of 4.5 or more on --ground and --raised.

export const lightColors = `
  --ground: #fff; --raised: #f5f6f8; --line: #dfe2e8; --ink: #15171c; --soft: #565d6b; --accent: #4338ca;
  --good: #0b6b35; --wait: #7a4d00; --bad: #b3261e; --calm: #1a56b0; --other: #7430b0;`

export const darkColors = `
  --ground: #15171c; --raised: #1e2128; --line: #333843; --ink: #eef0f4; --soft: #a9b0be; --accent: #b0b4ff;
  --good: #6fdc9d; --wait: #f2c063; --bad: #ff9a91; --calm: #93c0ff; --other: #d6aaff;`

/** The color of each tone, as `--tone`, for elements with `data-tone`. */
export const toneRules = `
[data-tone] { --tone: var(--soft); }
[data-tone=good] { --tone: var(--good); }
[data-tone=wait] { --tone: var(--wait); }
[data-tone=bad] { --tone: var(--bad); }
[data-tone=calm] { --tone: var(--calm); }
[data-tone=other] { --tone: var(--other); }
`

/** A dot in the color of its tone. Its shape shows the tone too, for people who do not see colors. */
export const dotRules = `
.dot { display: flex; align-items: center; gap: 5px; }
.dot::before { content: ''; flex: none; width: 8px; height: 8px; border-radius: 50%; border: 2px solid var(--tone); background: var(--tone); }
.dot[data-tone=wait]::before { background: none; }
.dot[data-tone=bad]::before { border-radius: 1px; }
`

export const codeFont = 'ui-monospace, Menlo, Consolas, monospace'
