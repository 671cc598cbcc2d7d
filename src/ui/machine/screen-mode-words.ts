/** The mode of a machine's screen, for people: "720 × 400, text". */
import type { ScreenMode } from "../../services/machine-session.ts";
import { language } from "../messages/language.ts";

export function screenModeWords({ text, widthPx, heightPx }: Omit<ScreenMode, "aspect">): string {
  const { mode, textMode } = language.messages.status;
  return (text ? textMode : mode)(widthPx, heightPx);
}
