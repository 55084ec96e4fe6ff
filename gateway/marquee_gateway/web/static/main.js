// Everything here makes better what works without it.
import { swapForms } from "./swap.js";
import { rails } from "./rails.js";
import { typeahead } from "./typeahead.js";
import { drafts } from "./drafts.js";
import { menus } from "./menus.js";
import { live } from "./live.js";
import { atOnce } from "./at-once.js";
import { suggestions } from "./suggestions.js";

swapForms();
rails(document);
typeahead();
drafts(document);
menus();
live();
suggestions();
atOnce(document);

document.addEventListener("swapped", (event) => {
  rails(event.target);
  drafts(event.target);
  atOnce(event.target);
});
