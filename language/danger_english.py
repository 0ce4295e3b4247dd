# ruff: noqa: E501
"""Danger in English messages; same form as the Chinese rules."""

from __future__ import annotations

_G = r"[^.!?\n]{0,30}?"
_SHORT = r"[^.!?\n]{0,14}?"

ENGLISH: tuple[tuple[str, str, str], ...] = (
    ("manhole", "state", rf"(?:manhole|drain|sewer|gully|storm drain|inspection)(?: cover| lid| grate| grating| grid)?s?\b{_G}\b(?:gone|missing|stolen|open|uncovered|broken|cracked|collapsed|fell in|has no (?:cover|lid)|without|removed|caved|taken|wide open)"),
    ("manhole", "state", rf"\b(?:missing|stolen|open|uncovered|no|broken|cracked|without (?:a )?)\s?(?:manhole|drain cover|sewer cover|cover on the (?:drain|manhole|sewer)|grate|lid on the (?:drain|manhole))"),
    ("manhole", "state", r"\b(?:stole|took|removed|lost|broke) (?:the |a )?(?:manhole|drain cover|sewer cover|grate)"),
    ("manhole", "event", rf"\bfell (?:in|into|down) (?:a|an|the) (?:manhole|drain|sewer|hole|open)"),
    ("collapse", "state", rf"\b(?:road|street|ground|pavement|sidewalk|bridge|wall|roof|building|house|bank|balcony|ceiling)\b{_G}\b(?:collaps(?:ed|ing)|caved|caving|sunk|sinking|gave way|giving way|crumbl(?:ed|ing)|about to (?:fall|collapse)|falling down)|\bsinkhole|\bcave[- ]in\b|\bcollapsed\b"),
    ("collapse", "state", rf"\bbridge\b{_G}\b(?:railings?|guard ?rails?|handrails?|rails?)\b{_G}\b(?:gone|missing|broken|knocked|fell|off)|\b(?:railings?|guard ?rails?)\b{_SHORT}\bbridge\b{_G}\b(?:gone|missing|broken|knocked|fell|off)"),
    ("electric", "state", rf"\b(?:power|electric(?:al)?|live|high[- ]voltage|overhead)?\s?(?:line|lines|cable|cables|wire|wires)\b{_G}\b(?:down|fallen|fell|hanging|dangling|snapped|on the (?:ground|road|pavement|sidewalk)|sparking|sparks|exposed|bare|loose|broken|sagging|low)"),
    ("electric", "state", rf"\b(?:fallen|downed|exposed|bare|live|hanging|dangling|sparking|snapped|loose) (?:power |electric(?:al)? |overhead )?(?:line|lines|cable|cables|wire|wires|wiring)\b|\bsparks? (?:coming|flying|from)|\bsparking\b|\belectric(?:al)? shock\b|\belectrocuted\b|\bgot (?:a )?shock"),
    ("electric", "state", rf"\b(?:utility|power|electric|lamp|light|telegraph) ?(?:pole|post)\b{_G}\b(?:leaning|fallen|fell|down|snapped|about to fall|tilting|knocked)"),
    ("gas", "state", rf"\bgas (?:leak|smell|odou?r|pipe (?:broke|burst|hit))|\bleak(?:ing|s)? (?:of )?gas|\b(?:smell|smells|smelling|odou?r|stench)\b{_SHORT}\b(?:gas|rotten eggs?)|\brotten eggs?\b|\bgas\b{_SHORT}\b(?:leak|hiss|smell)|\bhiss(?:ing|es)?\b{_G}\b(?:gas|pipe|stove|cylinder)|\b(?:hit|broke|cut|damaged|burst|punctured) (?:a |the )?gas|\bcarbon monoxide"),
    ("fire", "event", rf"\b(?:on fire|caught fire|is burning|are burning|in flames|flames|house fire|fire in|fire at|there(?:'s| is) (?:a )?fire|ablaze|exploded|explosion|big fire|started a fire)\b|\b(?:black|thick|heavy) smoke\b{_G}\b(?:window|door|building|apartment|flat|stairs|roof|room|floor)|\bsmoke (?:coming|pouring|billowing)\b{_G}\b(?:window|building|apartment|flat|roof|car|meter|box|scooter|socket)"),
    ("tree", "state", rf"\b(?:tree|branch|trunk)\b{_G}\b(?:across|blocking|blocks|blocked|on)\b{_SHORT}\b(?:road|street|lane|traffic|car|power lines?|wires?|cables?|power cables?)|\b(?:fallen|uprooted) tree\b{_G}\b(?:road|street|lane|wire|wires|line|lines|car)"),
    ("water", "event", rf"\b(?:drown(?:ing|ed)?|fell (?:in|into) (?:the )?(?:river|canal|lake|pond|water)|swept away|flooded (?:underpass|tunnel|basement)[^.!?\n]{0,30}?(?:inside|trapped|people|rising)|trapped (?:by|in) (?:the )?(?:flood|water)|stuck in (?:the )?flood|water (?:is )?up to (?:my|our|the|his|her) (?:chest|waist|neck|windows?))\b|\b(?:car|people|person|man|woman|child|kid)\b{_SHORT}\b(?:in the (?:river|canal|lake|pond)|under ?water)"),
    ("injury", "event", rf"\b(?:unconscious|not breathing|can'?t breathe|bleeding|heart attack|stroke|seizure|passed out|collapsed on|won'?t wake|not responding|unresponsive|broken (?:leg|arm|hip)|badly hurt|injured|needs? an ambulance|electrocuted|poison(?:ed|ing)|choking|went into labou?r|not moving)\b|\b(?:stuck|trapped) (?:in|inside) (?:the |a )?(?:lift|elevator)|\b(?:lift|elevator)\b{_G}\b(?:trapped|stuck inside|people inside|someone inside|stuck with)"),
    ("crash", "event", rf"\b(?:car|traffic|road|bike|scooter|motorbike|bad|serious|truck) (?:crash|accident|collision)\b|\b(?:hit by|ran over|knocked down by|run over by|crashed into|collided|overturned|flipped over|hit and run)\b|\bcrash(?:ed)?\b{_G}\b(?:hurt|injured|bleeding|lying|down)"),
    ("crime", "event", rf"\b(?:robbed|robbery|robbing|mugg(?:ed|ing)|burglars?|breaking into|broke into my|break(?:ing)? in(?:to)?|stabbed|stabbing|attacked|attacking|beating|fighting|a fight|knife|gun|kidnapp(?:ed|ing)|raped|assault(?:ed|ing)?|stalking|following me|thief|threaten(?:ed|ing) (?:me|us|to kill)|beat(?:ing)? (?:me|him|her|up)|domestic violence)\b"),
    ("selfharm", "event", rf"\b(?:kill (?:myself|himself|herself|themselves)|end my life|suicid(?:e|al)|don'?t want to live|want to die|jump(?:ing)? (?:off|from)|about to jump|hurt myself|self[- ]harm|better off dead|no reason to live|ending it all|can'?t go on living)\b"),
    ("child", "event", rf"\b(?:child|kid|boy|girl|son|daughter|toddler|baby|grandson|granddaughter|grandma|grandpa|mother|father)\b{_SHORT}\b(?:missing|lost|disappeared|abducted|locked in|trapped|kidnapped|wandering alone|didn'?t come home|left alone in|stuck in|climbing out)|\b(?:missing|lost|abandoned) (?:child|kid|boy|girl|baby|toddler)\b|\bchild abuse\b"),
    ("falling", "state", rf"\b(?:glass|tiles?|bricks?|sign|billboard|panel|scaffolding|cladding|air conditioner)\b{_G}\b(?:falling (?:on|onto)|fell on|hit (?:a|someone|somebody)|raining down|dropping on)\b"),
)
