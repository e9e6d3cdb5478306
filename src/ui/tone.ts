/** How good or bad news is. A dot's shape shows it too, for people who do not see colors. */
export type Tone = 'good' | 'wait' | 'bad' | 'calm' | 'other' | 'none'
