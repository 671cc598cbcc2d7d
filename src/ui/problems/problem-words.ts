/** What is wrong with an address or a link, as a sentence: which message it is, and what is put into it. */
import type { LinkProblem } from "../../services/links/link-error.ts";
import type { ParameterProblem } from "../../services/page-request.ts";
import { language } from "../messages/language.ts";

export function parameterSentence({ parameter, value, fault, least = 0, most = 0 }: ParameterProblem): string {
  const faults = language.messages.problems.parameterFaults;
  const which = fault === "notInRange" && least === most ? "notTheOne" : fault;
  return faults[which](parameter, value, least, most);
}

export function linkSentence({ fault, field = "", value, reason }: LinkProblem): string {
  const which = fault !== "wrongField" ? fault : !field ? "wrongForm" : value !== undefined ? "wrongValue" : fault;
  return language.messages.link.faults[which](field, reason ? language.say(reason) : (value ?? ""));
}
