"""The words that campaigns begin with, in English and Persian: short, without pressure, nothing that is not so."""

from app.recovery.content import Texts

By = dict[str, Texts]

_MORE_EN = "{{ first_item }}{% if item_count > 1 %} and more{% endif %}"
_MORE_FA = "{{ first_item }}{% if item_count > 1 %} و چیزهای دیگر{% endif %}"
_OFFER_LEAD_EN = (
    "Here is what you left {{ left_on }}, at today’s prices.\n"
    "{% if offer %}Open your cart with the button and the code {{ offer_code }} is put on it. "
    "It is yours alone and works once, until {{ offer_until }}. You see it in the total before you pay.{% endif %}"
)
_OFFER_LEAD_FA = (
    "این‌ها {{ left_on }} در سبدتان ماند، با قیمت امروز.\n"
    "{% if offer %}سبد را با دکمهٔ پایین باز کنید تا کد {{ offer_code }} روی آن بنشیند. "
    "این کد فقط برای شماست و یک بار، تا {{ offer_until }}، کار می‌کند. پیش از پرداخت، آن را در جمع می‌بینید.{% endif %}"
)

REMINDER_1: By = {
    "en": Texts(
        subject="Your cart is where you left it",
        subject_b="Still thinking it over?",
        preheader=_MORE_EN + ", {{ total }}. Nothing is charged until you check out.",
        heading="Your cart is where you left it",
        lead="You were partway through {{ left_on }}. Here is what was in it, at today’s prices.",
        button="Open my cart",
    ),
    "fa": Texts(
        subject="سبدتان همان‌جا منتظر شماست",
        subject_b="هنوز دودل هستید؟",
        preheader=_MORE_FA + ". تا ثبت سفارش، پولی پرداخت نمی‌کنید.",
        heading="سبدتان همان‌جا منتظر شماست",
        lead="{{ left_on }} خریدتان نیمه‌کاره ماند. این‌ها در سبدتان بود، با قیمت امروز.",
        button="باز کردن سبد خرید",
    ),
}

_PERCENT_EN = "{% if offer %}{{ offer_label }} off your cart until {{ offer_until }}"
_PERCENT_FA = "{% if offer %}تا {{ offer_until }}، {{ offer_label }} تخفیف برای سبدتان"

REMINDER_2: By = {
    "en": Texts(
        subject=_PERCENT_EN + "{% else %}Your cart is still here{% endif %}",
        preheader=_MORE_EN + ", {{ total }}{% if offer %} with your code{% endif %}.",
        heading=_PERCENT_EN + "{% else %}Your cart is still here{% endif %}",
        lead=_OFFER_LEAD_EN,
        button="Open my cart",
    ),
    "fa": Texts(
        subject=_PERCENT_FA + "{% else %}سبدتان هنوز سر جایش است{% endif %}",
        preheader=_MORE_FA + "، {{ total }}{% if offer %} با کد شما{% endif %}.",
        heading=_PERCENT_FA + "{% else %}سبدتان هنوز سر جایش است{% endif %}",
        lead=_OFFER_LEAD_FA,
        button="باز کردن سبد خرید",
    ),
}

_LAST_EN = "{% else %}Shall we keep your cart?{% endif %}"
_LAST_FA = "{% else %}سبدتان را نگه داریم؟{% endif %}"
_LAST_LEAD_EN = _OFFER_LEAD_EN + "\nThis is the last reminder about this cart."
_LAST_LEAD_FA = _OFFER_LEAD_FA + "\nاین آخرین یادآوری برای این سبد است."

REMINDER_3: By = {
    "en": Texts(
        subject=_PERCENT_EN + _LAST_EN,
        preheader=_MORE_EN + ", {{ total }}{% if offer %} with your code{% endif %}.",
        heading=_PERCENT_EN + _LAST_EN,
        lead=_LAST_LEAD_EN,
        button="Open my cart",
    ),
    "fa": Texts(
        subject=_PERCENT_FA + _LAST_FA,
        preheader=_MORE_FA + "، {{ total }}{% if offer %} با کد شما{% endif %}.",
        heading=_PERCENT_FA + _LAST_FA,
        lead=_LAST_LEAD_FA,
        button="باز کردن سبد خرید",
    ),
}

_FREE_EN = "{% if offer %}Delivery is on us until {{ offer_until }}" + _LAST_EN
_FREE_FA = "{% if offer %}تا {{ offer_until }} ارسال با ماست" + _LAST_FA

REMINDER_3_FREE_DELIVERY: By = {
    "en": Texts(
        subject=_FREE_EN,
        preheader=_MORE_EN + ", {{ total }}{% if offer %} with free delivery{% endif %}.",
        heading=_FREE_EN,
        lead=_LAST_LEAD_EN,
        button="Open my cart",
    ),
    "fa": Texts(
        subject=_FREE_FA,
        preheader=_MORE_FA + "، {{ total }}{% if offer %} با ارسال رایگان{% endif %}.",
        heading=_FREE_FA,
        lead=_LAST_LEAD_FA,
        button="باز کردن سبد خرید",
    ),
}

NUDGE: By = {
    "en": Texts(
        subject="{{ item_count }} {{ 'things' if item_count > 1 else 'thing' }} waiting for your next order",
        preheader="{{ first_item }}{% if item_count > 1 %} and more{% endif %}, still saved for you.",
        heading="{{ item_count }} {{ 'things' if item_count > 1 else 'thing' }} waiting for your next order",
        lead="You put {{ 'these' if item_count > 1 else 'this' }} aside for later. "
        "Here are today’s prices. What you do not order stays saved.",
        button="See what I saved",
    ),
    "fa": Texts(
        subject="{{ item_count }} کالا منتظر سفارش بعدی شماست",
        preheader=_MORE_FA + "، هنوز برایتان نگه داشته‌ایم.",
        heading="{{ item_count }} کالا منتظر سفارش بعدی شماست",
        lead="این‌ها را برای بعد کنار گذاشته بودید. قیمت‌ها، قیمت امروز است. هر چه را سفارش ندهید، همان‌جا می‌ماند.",
        button="دیدن کنارگذاشته‌ها",
    ),
}

PRICE_DROPPED: By = {
    "en": Texts(
        subject="The {{ product }} you saved is {{ difference }} less",
        preheader="{{ price }} today, {{ old_price }} when you saved it.",
        heading="The {{ product }} you saved is {{ difference }} less",
        lead="It costs {{ price }} today. When you saved it, it was {{ old_price }}.",
        button="See what I saved",
    ),
    "fa": Texts(
        subject="{{ product }} که کنار گذاشتید {{ difference }} ارزان‌تر شد",
        preheader="امروز {{ price }}، وقتی کنار گذاشتید {{ old_price }}.",
        heading="{{ product }} که کنار گذاشتید {{ difference }} ارزان‌تر شد",
        lead="قیمت امروزش {{ price }} است. وقتی کنار گذاشتید {{ old_price }} بود.",
        button="دیدن کنارگذاشته‌ها",
    ),
}

BACK_IN_STOCK: By = {
    "en": Texts(
        subject="The {{ product }} you saved is back",
        preheader="In stock again, for {{ price }}.",
        heading="The {{ product }} you saved is back",
        lead="It is in stock again, for {{ price }}. Others may have waited, too, and nothing is put aside for you.",
        button="See what I saved",
    ),
    "fa": Texts(
        subject="{{ product }} که کنار گذاشتید دوباره موجود شد",
        preheader="دوباره موجود است، {{ price }}.",
        heading="{{ product }} که کنار گذاشتید دوباره موجود شد",
        lead="دوباره موجود است، به قیمت {{ price }}. شاید کسان دیگری هم منتظرش بوده‌اند و چیزی برایتان رزرو نشده است.",
        button="دیدن کنارگذاشته‌ها",
    ),
}

# After a salvage, and to nobody else: no campaign has to be published for it.
SAVED_NOTICE: By = {
    "en": Texts(
        subject="We saved your items",
        preheader="Nothing is lost: they wait for your next purchase.",
        heading="We saved your items",
        lead="You left a cart {{ left_on }}. So that nothing is lost, we moved what was in it to your next purchase. "
        "It stays there until you want it.",
        button="Put it back in my cart",
    ),
    "fa": Texts(
        subject="کالاهایتان را نگه داشتیم",
        preheader="چیزی گم نشده: همه در «خرید بعدی» منتظر شماست.",
        heading="کالاهایتان را نگه داشتیم",
        lead="{{ left_on }} سبدی نیمه‌کاره گذاشتید. برای این که چیزی گم نشود، کالاهایش را به «خرید بعدی» بردیم. "
        "تا هر وقت بخواهید همان‌جا می‌ماند.",
        button="برگرداندن به سبد خرید",
    ),
}

SMS: By = {
    "en": Texts(
        text="{{ store_name }}: your cart is saved, {{ total }}. Open it: {{ short_url }} Reply STOP to stop.",
    ),
    "fa": Texts(text="{{ store_name }}: سبدتان منتظر شماست\n{{ short_url }}\nلغو۱۱"),
}

SMS_SAVED: By = {
    "en": Texts(text="{{ store_name }}: we saved your items for next time. {{ short_url }} Reply STOP to stop."),
    "fa": Texts(text="{{ store_name }}: کالاهایتان را نگه داشتیم.\n{{ short_url }}\nلغو۱۱"),
}

PUSH: By = {
    "en": Texts(title="Your cart is where you left it", text=_MORE_EN + ", {{ total }}"),
    "fa": Texts(title="سبدتان همان‌جا منتظر شماست", text=_MORE_FA + "، {{ total }}"),
}

PUSH_SAVED: By = {
    "en": Texts(title="We saved your items", text=_MORE_EN + ", for your next purchase"),
    "fa": Texts(title="کالاهایتان را نگه داشتیم", text=_MORE_FA + "، برای خرید بعدی"),
}
