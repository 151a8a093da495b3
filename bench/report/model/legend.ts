/** What a legend names: an arm, or several arms that are drawn alike. */
export interface LegendEntry {
  readonly id: string;
  /** It repeats the control, and is drawn in grey. */
  readonly isRepeat: boolean;
}
