"""The floor's reading statements: one for everything that a completed order shows, on either database."""

import os

POSTGRES = os.environ["DATABASE_URL"].startswith("postgres")


def moment(column: str) -> str:
    """A moment as the wire writes it."""
    if POSTGRES:
        text = f"""to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
        return f"replace({text}, '.000000Z', 'Z')"
    return f"replace({column}, ' ', 'T') || 'Z'"


def money(column: str) -> str:
    return f"{column}::text" if POSTGRES else f"printf('%.2f', {column})"


def rate(column: str) -> str:
    return f"round({column}, 2)::text" if POSTGRES else f"printf('%.2f', {column})"


def document(column: str) -> str:
    return column if POSTGRES else f"json({column})"


ARRAY, ARRAYS, TEXT = ("json_build_array", "json_agg", "::text") if POSTGRES else ("json_array", "json_group_array", "")
MARK = "%s" if POSTGRES else "?"
NOW = "now()" if POSTGRES else "strftime('%Y-%m-%d %H:%M:%f', 'now')"
# Never by the customer's index: a customer of 200,000 orders would have them all read.
OWNER = "o.customer_id + 0 = s.customer_id"

REQUEST = (
    f"CASE WHEN r.id IS NULL THEN NULL ELSE {ARRAY}(r.id, r.uuid, r.reason_id, r.description,"
    f" {moment('r.created_date')}, r.cancellation_type, r.status, r.easy_return_code, r.easy_return_company_id,"
    " r.quantity, r.because, r.being_checked, r.closing_note) END"
)
ITEM = (
    f"{ARRAY}({document('i.details')}, i.id, i.status, i.price_currency, {document('i.product')}, i.quantity,"
    f" {document('i.easy_return_companies')}, {money('i.price')}, {money('i.retail_price')}, {rate('i.tax_rate')},"
    f" i.tracking_number, i.tracking_url, i.invoice_number, {moment('i.invoice_date')}, {moment('i.created_date')},"
    f" {moment('i.modified_date')}, {REQUEST}, {moment('i.removed_date')})"
)
ACTIVE = "('waiting', 'confirmed', 'waiting_approval', 'approved')"
JOINED = f"LEFT JOIN cancellations_cancellationrequest r ON r.order_item_id = i.id AND r.status IN {ACTIVE}"
if POSTGRES:
    ITEMS = f"(SELECT {ARRAYS}({ITEM} ORDER BY i.id) FROM orders_orderitem i {JOINED} WHERE i.order_id = o.id){TEXT}"
else:
    INSIDE = f"SELECT {ITEM} AS item FROM orders_orderitem i {JOINED} WHERE i.order_id = o.id ORDER BY i.id"
    ITEMS = f"(SELECT {ARRAYS}(json(item)) FROM ({INSIDE}))"
SETTING = "(SELECT value{text} FROM dynamic_settings_dynamicsetting WHERE name = '{name}')"
RULES = SETTING.format(text=TEXT, name="EXTRA_CANCEL_RULES")
FALLBACK = SETTING.format(text=TEXT, name="CANCELLATION_FALLBACK")
CARRIERS = f"(SELECT {ARRAYS}(id) FROM cancellations_easyreturnshippingcompany WHERE is_active){TEXT}"
HELD = (
    "EXISTS (SELECT 1 FROM cancellations_cancellationattempt a"
    " WHERE a.order_id = o.id AND a.state IN ('open', 'unknown'))"
)
ORDER = (
    f"o.id, o.number, o.status, o.currency, o.shipping_address{TEXT}, o.billing_address{TEXT}, {money('o.amount')},"
    f" {money('o.discount_amount')}, {money('o.shipping_amount')}, {money('o.refund_amount')},"
    f" {money('o.discount_refund_amount')}, {money('o.shipping_refund_amount')}, o.invoice_number,"
    f" {moment('o.invoice_date')}, o.tracking_number, o.tracking_url, o.language_code, o.user_email, o.customer_id,"
    f" {moment('o.created_date')}, {moment('o.modified_date')}, o.details{TEXT}, {HELD}, {ITEMS}"
)
WHO = "c.id, c.password, s.proof"
SESSION = "customers_session s JOIN customers_customer c ON c.id = s.customer_id AND c.is_active"
ALIVE = f"s.session_key = {MARK} AND s.expire_date > {NOW}"

COMPLETED = (
    f"SELECT {WHO}, {RULES}, {FALLBACK}, {CARRIERS}, {ORDER} FROM {SESSION}"
    f" LEFT JOIN orders_order o ON o.number = {MARK} AND {OWNER} WHERE {ALIVE}"
)
DETAIL = (
    f"SELECT {WHO}, {RULES}, {FALLBACK}, {CARRIERS}, {ORDER} FROM {SESSION}"
    f" LEFT JOIN orders_order o ON o.id = {MARK} AND {OWNER} WHERE {ALIVE}"
)
VISITOR = f"SELECT {WHO}, {RULES}, {FALLBACK}, {CARRIERS} FROM {SESSION} WHERE {ALIVE}"
PAGE = (
    f"SELECT {ORDER} FROM orders_order o WHERE o.customer_id = {MARK}"
    f" ORDER BY o.created_date DESC, o.id DESC LIMIT {MARK} OFFSET {MARK}"
)
COUNT = f"SELECT count(*) FROM orders_order o WHERE o.customer_id = {MARK}"
