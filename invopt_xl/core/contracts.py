"""Every input and output table: columns, types, units, required, synonyms. The only place where a column name is decided.

Reading recognises sheets and headers by these synonyms (case, spaces, underscores and punctuation are ignored); templates, checks and the
reference page are made from the same lists.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Literal

from invopt_xl.core.sheets import Role

Kind = Literal["text", "number", "date", "flag"]


@dataclass(frozen=True)
class Field:
    """One input column.

    `minimum` is the smallest sensible value; smaller ones are found by the checks. `synonyms` are other headers that mean the same.
    """

    name: str
    kind: Kind
    note: str
    unit: str = ""
    required: bool = False
    minimum: float | None = None
    example: str | float | int = ""
    synonyms: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """One input table: what a row is, its columns, and the sheet names that mean the same.

    `either` lists groups of columns of which at least one must be there (a lead time belongs to a sku or to a supplier).
    """

    name: str
    row: str
    fields: tuple[Field, ...]
    synonyms: tuple[str, ...] = ()
    either: tuple[tuple[str, ...], ...] = ()
    key: tuple[str, ...] = ()

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(each.name for each in self.fields if each.required)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(each.name for each in self.fields)

    def field(self, name: str) -> Field:
        return next(each for each in self.fields if each.name == name)


#: First cell of the sheet that explains our template; reading leaves it alone without a word.
GUIDE_TITLE = "InvOpt XL: your data"
#: Location of rows that name none.
DEFAULT_LOCATION = "MAIN"


def words(text: str) -> tuple[str, ...]:
    """Return the words of a list written with bars.

    >>> words("item | item number")
    ('item', 'item number')
    """
    return tuple(" ".join(word.split()) for word in text.split("|"))


_SKU_WORDS = words("""
    item | item number | item no | sku nr | sku no | sku number | item code | item id | article | article number |
    article no | artikel | artikelnummer | product | product id | product code | product number | material |
    material number | matnr | part | part number | part no | stock code | stockcode | code | sku code | sku id |
    reference | référence | codigo | código | codice | item_nr | default code | internal reference | upc | ean |
    gtin | asin
""")
_LOCATION_WORDS = words("""
    warehouse | site | store | branch | depot | plant | werk | lager | lagerort | stocking location | warehouse code
    | location code | dc | magasin | almacén | almacen | filiaal | agency | site code | store id | facility |
    vestiging
""")
_SUPPLIER_WORDS = words("""
    vendor | vendor name | supplier name | supplier code | vendor code | vendor number | lieferant | leverancier |
    fournisseur | proveedor | fornitore | creditor
""")
_QUANTITY_WORDS = words("""
    qty | units | demand | sales | sold | volume | menge | anzahl | aantal | quantité | quantite | cantidad |
    quantità | pieces | pcs | consumption | usage | issues | qty sold | quantity sold | units sold | sales qty |
    sales quantity | demand qty | shipped | qty shipped | quantity shipped | order qty | distributed | sales units |
    verkauf | verbrauch | ventes | ventas | afzet
""")
_DATE_WORDS = words("""
    day | week | month | period | datum | fecha | data | sales date | order date | invoice date | posting date |
    transaction date | demand date | week start | month start | week of | ship date | issue date | buchungsdatum |
    periode | semaine | mois | monat | woche | tag | due | due date
""")
_UNIT_COST_WORDS = words("""
    cost | unit cost price | cost price | purchase price | standard cost | buy price | buying price | cost per unit
    | einkaufspreis | ek preis | inkoopprijs | prix d'achat | coste | costo | avg cost | average cost | item cost |
    standard price | cost price each
""")
_MOQ_WORDS = words("""
    minimum order quantity | min order qty | minimum order | min order | mindestbestellmenge | minimum order size |
    size minimum | minimum qty | moq units | min qty | quantity minimum | minimum lot size
""")
_PACK_WORDS = words("""
    pack | order multiple | multiple | lot size | case size | case pack | units per case | units per pack | pack qty
    | rounding value | size multiple | products per unit | verpackungseinheit | ve | carton qty | inner pack | case
    quantity | order increment | qty multiple
""")
_LEAD_WORDS = words("""
    lead time | leadtime | lt | lead time in days | delivery time | replenishment lead time | wiederbeschaffungszeit
    | lieferzeit | levertijd | délai | plazo | lead days | lead time (days) | supplier lead time
""")


def _sku(required: bool = True) -> Field:
    return Field(
        "sku",
        "text",
        "Item number, kept as text with its leading zeros.",
        required=required,
        example="A-1001",
        synonyms=_SKU_WORDS,
    )


def _location() -> Field:
    return Field(
        "location", "text", f"Stocking place. Empty means {DEFAULT_LOCATION}.", example="MAIN", synonyms=_LOCATION_WORDS
    )


def _supplier(required: bool = False) -> Field:
    return Field(
        "supplier",
        "text",
        "Supplier, as in the Suppliers table.",
        required=required,
        example="Acme",
        synonyms=_SUPPLIER_WORDS,
    )


INPUT_TABLES: tuple[Table, ...] = (
    Table(
        "Sales",
        "demand of a sku at a location on a date",
        (
            Field(
                "date",
                "date",
                "Day of the demand, or first day of its week or month.",
                required=True,
                example="2026-03-02",
                synonyms=_DATE_WORDS,
            ),
            _sku(),
            Field(
                "quantity",
                "number",
                "Units demanded. Negative: a return.",
                "units",
                required=True,
                example=12,
                synonyms=_QUANTITY_WORDS,
            ),
            _location(),
            Field(
                "price",
                "number",
                "Selling price on that day.",
                "money per unit",
                minimum=0,
                example=4.5,
                synonyms=words("""
                    unit price | selling price | sales price | price per unit | price actual | verkaufspreis | prix
                    | precio | prezzo
                """),
            ),
            Field(
                "promotion",
                "flag",
                "Was the item on promotion? 1/0, yes/no.",
                example=0,
                synonyms=words("promo | on promotion | deal | is promo | aktion | action | promotie | campaign"),
            ),
            Field(
                "on_hand",
                "number",
                "Stock at the end of that day or period.",
                "units",
                example=40,
                synonyms=words("""
                    stock | closing stock | stock on hand | ending stock | inventory | end stock | stock end
                """),
            ),
            Field(
                "stockout",
                "flag",
                "Was it out of stock? 1/0, yes/no.",
                example=0,
                synonyms=words("out of stock | oos | stock out | stocked out | is stockout"),
            ),
            Field("channel", "text", "Sales channel.", example="web", synonyms=words("sales channel | customer group")),
        ),
        words("""
            demand | sales history | demand history | sales data | transactions | orders history | sell out |
            sellout | consumption | usage | verkäufe | absatz | verbrauch | ventes | ventas | verkopen | afzet |
            sales orders | salesorder | sales order | issues | movements | stock ledger | history | stock_ledger |
            shipments | invoices
        """),
        key=("date", "sku", "location"),
    ),
    Table(
        "Items",
        "a sku",
        (
            _sku(),
            Field(
                "description",
                "text",
                "Name of the item.",
                example="Green tea 100 g",
                synonyms=words("""
                    name | item name | item description | product name | product description | bezeichnung |
                    omschrijving | désignation | descripción | title
                """),
            ),
            Field(
                "category",
                "text",
                "Group of items that behave alike.",
                example="Tea",
                synonyms=words("""
                    group | item group | product group | family | product family | product category | department |
                    warengruppe | class | famille | categoría
                """),
            ),
            _supplier(),
            Field(
                "unit_cost",
                "number",
                "Purchase cost of one unit.",
                "money per unit",
                minimum=0,
                example=2.4,
                synonyms=_UNIT_COST_WORDS,
            ),
            Field(
                "unit_price",
                "number",
                "Selling price of one unit.",
                "money per unit",
                minimum=0,
                example=4.5,
                synonyms=words("""
                    price | selling price | sales price | list price | retail price | verkaufspreis | rrp
                """),
            ),
            Field(
                "moq",
                "number",
                "Smallest quantity that may be ordered.",
                "units",
                minimum=0,
                example=24,
                synonyms=_MOQ_WORDS,
            ),
            Field(
                "pack_size",
                "number",
                "Orders come in whole multiples of this.",
                "units",
                minimum=0,
                example=12,
                synonyms=_PACK_WORDS,
            ),
            Field(
                "unit_volume",
                "number",
                "Volume of one unit.",
                "m3 per unit",
                minimum=0,
                example=0.002,
                synonyms=words("volume | volume per unit | cbm | unit cbm | cubic | m3"),
            ),
            Field(
                "shelf_life_days",
                "number",
                "Days from receipt to expiry.",
                "days",
                minimum=1,
                example=365,
                synonyms=words("shelf life | shelf life (days) | expiry days | haltbarkeit | mhd tage"),
            ),
            Field(
                "service_level",
                "number",
                "Service target of this item; wins over any rule.",
                "probability or percent",
                minimum=0,
                example=0.97,
                synonyms=words("""
                    service target | target service | target service level | csl | fill rate target | servicegrad
                """),
            ),
            Field(
                "criticality",
                "text",
                "How much a stock-out hurts: high, normal, low.",
                example="normal",
                synonyms=words("critical | vital | ved | importance"),
            ),
            Field(
                "status",
                "text",
                "active, new, ending (sell off, order no more) or blocked (do not order).",
                example="active",
                synonyms=words("item status | life cycle | lifecycle | state"),
            ),
            Field(
                "launch_date",
                "date",
                "First day on sale.",
                example="2025-06-01",
                synonyms=words("launch | introduction date | start date | available from | created"),
            ),
            Field(
                "like_sku",
                "text",
                "Item whose history stands in for a new item's.",
                example="A-1000",
                synonyms=words("like item | reference item | similar sku | similar item"),
            ),
            Field(
                "successor_sku",
                "text",
                "Item that replaces this one; its history moves there.",
                example="A-2001",
                synonyms=words("successor | replaced by | superseded by | replacement | successor item"),
            ),
            Field(
                "min_stock",
                "number",
                "Never plan below this stock.",
                "units",
                minimum=0,
                example=10,
                synonyms=words("""
                    minimum stock | min | minimum | safety stock minimum | min level | mindestbestand
                """),
            ),
            Field(
                "max_stock",
                "number",
                "Never order above this stock.",
                "units",
                minimum=0,
                example=400,
                synonyms=words("maximum stock | max | maximum | max level | höchstbestand"),
            ),
        ),
        words("""
            item | item master | products | product master | articles | artikel | materials | material master |
            parts | skus | item data | master data | stammdaten | product
        """),
        key=("sku",),
    ),
    Table(
        "Stock",
        "a sku at a location now",
        (
            _sku(),
            _location(),
            Field(
                "on_hand",
                "number",
                "Units physically there now.",
                "units",
                required=True,
                example=52,
                synonyms=words("""
                    stock | stock on hand | qty on hand | quantity on hand | onhand | soh | available | inventory |
                    current stock | bestand | lagerbestand | voorraad | physical stock | stock qty | on hand qty |
                    quantity | qty | national inv | closing stock | stock end | existencias | giacenza
                """),
            ),
            Field(
                "on_order",
                "number",
                "Units ordered and not yet received. Ignored for an item that has open orders listed.",
                "units",
                minimum=0,
                example=0,
                synonyms=words("""
                    open po | qty on order | quantity on order | in transit | incoming | on order qty | in transit
                    qty | bestellt | besteld | purchase orders
                """),
            ),
            Field(
                "reserved",
                "number",
                "Units on hand that are promised already.",
                "units",
                minimum=0,
                example=0,
                synonyms=words("allocated | committed | reserviert | gereserveerd | qty reserved | outgoing"),
            ),
            Field(
                "backorders",
                "number",
                "Units that customers wait for.",
                "units",
                minimum=0,
                example=0,
                synonyms=words("backorder | back orders | backlog | unfilled | rückstand | owed | backordered"),
            ),
        ),
        words("""
            inventory | stock on hand | on hand | current stock | stock levels | bestand | bestände | lagerbestand |
            voorraad | stocks | buffer | inventory levels | existencias
        """),
        key=("sku", "location"),
    ),
    Table(
        "OpenOrders",
        "an order line not yet received",
        (
            _sku(),
            Field(
                "quantity",
                "number",
                "Units still to come.",
                "units",
                required=True,
                minimum=0,
                example=144,
                synonyms=words("""
                    qty | open qty | open quantity | outstanding | quantity outstanding | remaining | ordered |
                    order qty | quantity ordered | menge | aantal
                """),
            ),
            Field(
                "due_date",
                "date",
                "Day on which it is expected.",
                required=True,
                example="2026-12-01",
                synonyms=words("""
                    due | expected date | eta | delivery date | expected receipt | promised date | arrival date |
                    liefertermin | leverdatum | end date | expected | receipt date | date
                """),
            ),
            _location(),
            _supplier(),
            Field(
                "order_id",
                "text",
                "Order number.",
                example="PO-4711",
                synonyms=words("""
                    order | po | po number | order number | purchase order | bestellnummer | reference | order no |
                    po no
                """),
            ),
            Field(
                "order_date",
                "date",
                "Day on which it was ordered.",
                example="2026-11-02",
                synonyms=words("ordered on | po date | ordering date | start date | bestelldatum | created"),
            ),
        ),
        words("""
            open orders | purchase orders | open po | open pos | purchaseorder | purchase order | on order | open
            purchase orders | bestellungen | incoming | pipeline
        """),
        key=(),
    ),
    Table(
        "LeadTimes",
        "a receipt of an order line",
        (
            _sku(required=False),
            Field(
                "order_date",
                "date",
                "Day on which it was ordered.",
                required=True,
                example="2026-01-05",
                synonyms=words("""
                    ordered | ordered on | po date | order placed | bestelldatum | po sent to vendor date | purchase
                    date | podate
                """),
            ),
            Field(
                "receipt_date",
                "date",
                "Day on which it arrived.",
                required=True,
                example="2026-01-21",
                synonyms=words("""
                    received | received on | received date | receiving date | delivered | delivery date | delivered
                    to client date | arrival date | actual receipt | wareneingang | goods receipt | gr date |
                    delivery recorded date
                """),
            ),
            _location(),
            _supplier(),
            Field(
                "order_id",
                "text",
                "Order number.",
                example="PO-4001",
                synonyms=words("""
                    order | po | po number | order number | purchase order | order no | po / so # | ponumber
                """),
            ),
            Field(
                "promised_date",
                "date",
                "Day that the supplier promised.",
                example="2026-01-19",
                synonyms=words("""
                    promised | due date | scheduled delivery date | confirmed date | expected date | requested date
                    | need by
                """),
            ),
            Field(
                "quantity_ordered",
                "number",
                "Units ordered.",
                "units",
                minimum=0,
                example=144,
                synonyms=words("""
                    ordered quantity | order qty | qty ordered | ordered qty | quantity | qty | line item quantity
                """),
            ),
            Field(
                "quantity_received",
                "number",
                "Units that arrived.",
                "units",
                minimum=0,
                example=144,
                synonyms=words("received quantity | received qty | qty received | delivered quantity"),
            ),
        ),
        words("""
            lead times | lead time | receipts | goods receipts | deliveries | po history | purchase history |
            receipt history | wareneingänge | lieferzeiten | levertijden | scms delivery history dataset | invoice
            purchases
        """),
        either=(("sku", "supplier"),),
    ),
    Table(
        "Suppliers",
        "a supplier",
        (
            dataclasses.replace(_supplier(required=True), synonyms=_SUPPLIER_WORDS + words("name")),
            Field(
                "lead_time_days",
                "number",
                "Agreed lead time, used where no receipts are known.",
                "days",
                minimum=0,
                example=14,
                synonyms=_LEAD_WORDS,
            ),
            Field(
                "lead_time_sd_days",
                "number",
                "Standard deviation of the lead time, used where no receipts are known.",
                "days",
                minimum=0,
                example=3,
                synonyms=words("""
                    lead time sd | lead time std | lead time deviation | lt sd | sd lead time | lead time
                    variability
                """),
            ),
            Field(
                "review_period_days",
                "number",
                "Days between two orders at this supplier.",
                "days",
                minimum=0,
                example=7,
                synonyms=words("""
                    review period | order cycle | ordering cycle | order frequency | review | bestellzyklus
                """),
            ),
            Field(
                "order_cost",
                "number",
                "Cost of placing one order line.",
                "money",
                minimum=0,
                example=5,
                synonyms=words("ordering cost | cost per order | fixed order cost | bestellkosten"),
            ),
            Field(
                "min_order_value",
                "number",
                "Smallest value of one order.",
                "money",
                minimum=0,
                example=500,
                synonyms=words("minimum order value | mov | min order amount | minimum value"),
            ),
            Field(
                "min_order_quantity",
                "number",
                "Smallest total quantity of one order.",
                "units",
                minimum=0,
                example=100,
                synonyms=words("minimum order quantity | min order qty | minimum quantity"),
            ),
            Field(
                "capacity",
                "number",
                "Most units the supplier delivers per review period.",
                "units",
                minimum=0,
                example=5000,
                synonyms=words("max capacity | supplier capacity | maximum quantity"),
            ),
            Field(
                "container_volume",
                "number",
                "Volume of one container.",
                "m3",
                minimum=0,
                example=33,
                synonyms=words("container | container size | container cbm | truck volume"),
            ),
            Field(
                "currency",
                "text",
                "Currency of the supplier's prices.",
                example="EUR",
                synonyms=words("curr | währung | valuta"),
            ),
            Field("status", "text", "active or blocked.", example="active", synonyms=words("supplier status | state")),
            Field(
                "disrupted_until",
                "date",
                "No deliveries before this day; open order lines due earlier count from then.",
                example="2027-01-15",
                synonyms=words("disrupted till | blocked until | closed until"),
            ),
        ),
        words("""
            supplier | vendors | vendor | vendor master | supplier master | lieferanten | leveranciers |
            fournisseurs | proveedores
        """),
        key=("supplier",),
    ),
    Table(
        "Sources",
        "a sku can be bought from a supplier",
        (
            _sku(),
            _supplier(required=True),
            _location(),
            Field(
                "priority",
                "number",
                "1 is the first choice.",
                minimum=0,
                example=1,
                synonyms=words("rank | preference | order of preference"),
            ),
            Field(
                "unit_cost",
                "number",
                "Purchase cost of one unit there.",
                "money per unit",
                minimum=0,
                example=2.4,
                synonyms=_UNIT_COST_WORDS,
            ),
            Field("lead_time_days", "number", "Lead time there.", "days", minimum=0, example=14, synonyms=_LEAD_WORDS),
            Field("moq", "number", "Smallest quantity there.", "units", minimum=0, example=24, synonyms=_MOQ_WORDS),
            Field("pack_size", "number", "Order multiple there.", "units", minimum=0, example=12, synonyms=_PACK_WORDS),
            Field(
                "capacity",
                "number",
                "Most units per review period.",
                "units",
                minimum=0,
                example=1000,
                synonyms=words("max capacity | maximum quantity"),
            ),
        ),
        words("""
            sourcing | item suppliers | itemsupplier | item supplier | item-supplier | supplier items | vendor items
            | purchasing info | source list
        """),
        key=("sku", "supplier", "location"),
    ),
    Table(
        "PriceBreaks",
        "a quantity discount",
        (
            _sku(),
            Field(
                "min_quantity",
                "number",
                "From this quantity on.",
                "units",
                required=True,
                minimum=0,
                example=100,
                synonyms=words("""
                    minimum quantity | from quantity | break quantity | quantity from | qty break | from qty | ab
                    menge
                """),
            ),
            Field(
                "unit_cost",
                "number",
                "Cost of one unit from there on.",
                "money per unit",
                required=True,
                minimum=0,
                example=2.1,
                synonyms=_UNIT_COST_WORDS + words("price | unit price"),
            ),
            _supplier(),
        ),
        words("""
            price breaks | quantity discounts | discounts | staffelpreise | scale prices | tier prices
        """),
        key=("sku", "supplier", "min_quantity"),
    ),
    Table(
        "Locations",
        "a stocking place",
        (
            Field(
                "location",
                "text",
                "Stocking place.",
                required=True,
                example="MAIN",
                synonyms=_LOCATION_WORDS + words("name"),
            ),
            Field(
                "kind",
                "text",
                "warehouse, store, supplier ...",
                example="warehouse",
                synonyms=words("type | location type"),
            ),
            Field(
                "parent",
                "text",
                "Location that supplies this one.",
                example="DC",
                synonyms=words("supplied by | parent location | supplying location | owner"),
            ),
            Field(
                "storage_volume",
                "number",
                "Room there.",
                "m3",
                minimum=0,
                example=500,
                synonyms=words("capacity | storage capacity | volume | space"),
            ),
            Field(
                "holding_rate",
                "number",
                "Yearly cost of keeping stock there, as a share of its value.",
                "per year",
                minimum=0,
                example=0.2,
                synonyms=words("carrying rate | holding cost rate | carrying cost"),
            ),
        ),
        words("location | sites | warehouses | stores | network | lager | depots"),
        key=("location",),
    ),
    Table(
        "Lanes",
        "a way to move stock",
        (
            Field(
                "from_location",
                "text",
                "Where it leaves.",
                required=True,
                example="DC",
                synonyms=words("from | origin | source location | source | von"),
            ),
            Field(
                "to_location",
                "text",
                "Where it arrives.",
                required=True,
                example="SHOP-1",
                synonyms=words("to | destination | target location | nach"),
            ),
            Field(
                "lead_time_days",
                "number",
                "Days on the way.",
                "days",
                minimum=0,
                example=2,
                synonyms=_LEAD_WORDS + words("transit time | transit days"),
            ),
            Field(
                "unit_cost",
                "number",
                "Cost per unit moved.",
                "money per unit",
                minimum=0,
                example=0.1,
                synonyms=words("cost | cost per unit | transport cost"),
            ),
            Field(
                "fixed_cost",
                "number",
                "Cost per shipment.",
                "money",
                minimum=0,
                example=40,
                synonyms=words("cost per shipment | shipment cost"),
            ),
        ),
        words("lane | transport | transport lanes | routes | distribution | itemdistribution"),
        key=("from_location", "to_location"),
    ),
    Table(
        "Promotions",
        "a planned or past promotion",
        (
            _sku(),
            Field(
                "start_date",
                "date",
                "First day.",
                required=True,
                example="2026-12-01",
                synonyms=words("start | from | begin | valid from | von"),
            ),
            Field(
                "end_date",
                "date",
                "Last day.",
                required=True,
                example="2026-12-14",
                synonyms=words("end | to | until | till | valid to | bis"),
            ),
            _location(),
            Field(
                "price",
                "number",
                "Price during the promotion.",
                "money per unit",
                minimum=0,
                example=3.9,
                synonyms=words("promo price | promotion price | action price"),
            ),
            Field(
                "discount",
                "number",
                "Price cut.",
                "share",
                example=0.2,
                synonyms=words("discount % | discount percent | rabatt | reduction"),
            ),
            Field(
                "mechanic",
                "text",
                "Kind: leaflet, two for one ...",
                example="leaflet",
                synonyms=words("type | promo type | kind | mechanics"),
            ),
            Field(
                "uplift",
                "number",
                "Expected demand during it as a multiple of the usual one.",
                "ratio",
                minimum=0,
                example=1.8,
                synonyms=words("lift | factor | multiplier | uplift factor"),
            ),
        ),
        words("""
            promotion | promos | promo calendar | promotion calendar | aktionen | campaigns | promotion plan
        """),
        key=(),
    ),
    Table(
        "Signals",
        "an outside variable",
        (
            Field("date", "date", "Day.", required=True, example="2026-03-02", synonyms=_DATE_WORDS),
            Field(
                "name",
                "text",
                "Name of the variable.",
                required=True,
                example="temperature",
                synonyms=words("signal | variable | driver"),
            ),
            Field(
                "value", "number", "Its value.", required=True, example=17.5, synonyms=words("amount | reading | level")
            ),
            _sku(required=False),
            Field("category", "text", "Category it holds for.", example="Tea", synonyms=words("group | family")),
            _location(),
        ),
        words("signal | external | drivers | external data | regressors | weather"),
        key=("date", "name", "sku", "category", "location"),
    ),
    Table(
        "Overrides",
        "a planner's standing decision",
        (
            _sku(),
            Field(
                "field",
                "text",
                "What is overridden: service_level, safety_stock, reorder_point, order_up_to, lead_time_days, demand_per_period, moq, pack_size, supplier.",
                required=True,
                example="safety_stock",
                synonyms=words("setting | parameter | what"),
            ),
            Field(
                "value",
                "text",
                "The planner's value.",
                required=True,
                example="40",
                synonyms=words("new value | override | amount"),
            ),
            _location(),
            Field("reason", "text", "Why.", example="fair in March", synonyms=words("why | comment | remark | note")),
            Field("author", "text", "Who.", example="MK", synonyms=words("who | by | planner | user")),
            Field(
                "until",
                "date",
                "Last day it holds. Empty: for good.",
                example="2027-03-31",
                synonyms=words("valid until | expires | end date | valid to"),
            ),
        ),
        words("override | manual | manual overrides | planner overrides"),
        key=("sku", "location", "field"),
    ),
    Table(
        "Settings",
        "a setting",
        (
            Field(
                "setting",
                "text",
                "Name of the setting, or map.<Table>.<column>.",
                required=True,
                example="service_level",
                synonyms=words("name | parameter | key | option"),
            ),
            Field("value", "text", "Its value.", required=True, example="0.95", synonyms=words("setting value | val")),
            Field(
                "scope",
                "text",
                "Part of the range it holds for, such as abc=A or supplier=Acme. Empty: all.",
                example="abc=A",
                synonyms=words("applies to | where | segment | for"),
            ),
        ),
        words("""
            setting | parameters | config | configuration | options | einstellungen | settings invopt
        """),
        key=("setting", "scope"),
    ),
)

INPUT: dict[str, Table] = {table.name: table for table in INPUT_TABLES}


@dataclass(frozen=True)
class OutField:
    """One output column: what it holds (role) and the note on its header, with the unit."""

    name: str
    role: Role
    note: str


#: Columns that belong to the planner: a refresh carries them along by key and never overwrites them.
PLANNER_COLUMNS = ("decision", "planner_quantity", "reason")
DECISIONS = ("Approve", "Change", "Reject")
RECOMMENDATION_KEY = ("sku", "location")

RECOMMENDATIONS: tuple[OutField, ...] = (
    OutField("sku", "key", "Item number."),
    OutField("location", "key", "Stocking place."),
    OutField("description", "text", "Name of the item."),
    OutField("supplier", "text", "From whom to order."),
    OutField("segment", "text", "ABC class by yearly value and XYZ class by variability."),
    OutField(
        "demand_class",
        "text",
        "Syntetos-Boylan class: smooth, erratic, intermittent or lumpy, by the average interval between demands (cut 1.32 periods) and the squared coefficient of variation of the non-zero demands (population form, cut 0.49).",
    ),
    OutField("on_hand", "units", "Units in stock now."),
    OutField("on_order", "units", "Units ordered and not yet received."),
    OutField("inventory_position", "units", "On hand + on order - backorders - reserved [units]."),
    OutField("order_quantity", "units", "Order this now [units]."),
    OutField("order_value", "money", "Order quantity x unit cost."),
    OutField("order_by", "date", "Last day to order so that stock is expected to last until receipt."),
    OutField("expected_receipt", "date", "Day on which an order placed today is expected to arrive."),
    OutField("reorder_point", "units", "Order when the inventory position is at or below this [units]."),
    OutField("order_up_to", "units", "Order up to this inventory position [units]."),
    OutField("safety_stock", "units", "Part of the reorder point above expected demand [units]."),
    OutField("lead_time_days", "days", "Expected lead time [days]."),
    OutField(
        "protection_periods", "number", "Lead time + review period, in planning periods: what stock must last for."
    ),
    OutField("demand_per_period", "units", "Expected demand per planning period over the protection interval [units]."),
    OutField("forecast_protection", "units", "Expected demand over the protection interval [units]."),
    OutField("service_target", "share", "Service that was aimed at."),
    OutField("expected_service", "share", "Service expected at the inventory position after this order."),
    OutField("stockout_risk", "share", "Chance of running out before an order placed today arrives."),
    OutField(
        "days_of_cover",
        "days",
        "Days that stock on hand lasts at expected demand, at most 3,650; empty without demand.",
    ),
    OutField("model", "text", "Forecast method chosen for this item."),
    OutField("exceptions", "text", "Codes of what needs a look; see the Exceptions sheet."),
    OutField("why", "sentence", "Why this quantity."),
    OutField("decision", "input", "Yours: Approve, Change or Reject."),
    OutField(
        "planner_quantity",
        "input",
        "Yours: quantity to order instead, when the decision is Change; beside Approve, the quantity that was approved [units].",
    ),
    OutField("reason", "input", "Yours: why you changed or rejected it."),
)

EXCEPTIONS: tuple[OutField, ...] = (
    OutField("sku", "key", "Item number."),
    OutField("location", "key", "Stocking place."),
    OutField("severity", "severity", "error: act now. warning: look this week. info: good to know."),
    OutField("code", "text", "Kind of exception."),
    OutField("money_at_stake", "money", "Money at risk: sales lost, or stock that need not be there."),
    OutField("message", "sentence", "What is the matter."),
    OutField("action", "sentence", "What to do."),
)

EXPLANATIONS: tuple[OutField, ...] = (
    OutField("sku", "key", "Item number."),
    OutField("location", "key", "Stocking place."),
    OutField("driver", "text", "What moved the order quantity."),
    OutField("value", "number", "Value of the driver, in its unit."),
    OutField("unit", "text", "Unit of the value."),
    OutField(
        "share_units",
        "number",
        "Units that this driver adds to the order; all drivers of a row add up to its order_quantity.",
    ),
)

#: Probability levels of the quantile columns on the Forecast sheet.
FORECAST_LEVELS = {"q05": 0.05, "q50": 0.50, "q80": 0.80, "q90": 0.90, "q95": 0.95, "q98": 0.98}

FORECAST: tuple[OutField, ...] = (
    OutField("sku", "key", "Item number."),
    OutField("location", "key", "Stocking place."),
    OutField("period_start", "date", "First day of the planning period."),
    OutField("mean", "units", "Expected demand in the period [units]."),
    *(
        OutField(
            name,
            "units",
            f"Demand of this one period stays below this with {level:.0%} chance [units]. Not to be added over periods.",
        )
        for name, level in FORECAST_LEVELS.items()
    ),
)

ACCURACY: tuple[OutField, ...] = (
    OutField("segment", "text", "Segment that was measured."),
    OutField("model", "text", "Forecast method."),
    OutField("horizon_periods", "number", "Length of the interval whose total demand was forecast [periods]."),
    OutField(
        "measure",
        "text",
        "Accuracy measure. RMSSE and scaled pinball: relative to how much the total usually moves from one interval to the next. "
        "'... against seasonal naive': baseline_value is that of the seasonal naive forecast.",
    ),
    OutField("value", "number", "Its value for this method, on held-back windows."),
    OutField("baseline_value", "number", "The same for the moving average."),
    OutField(
        "value_added",
        "share",
        "Improvement over the moving average on the same windows; negative is worse. Empty for bias and coverage: compare the values.",
    ),
)

ORDERS: tuple[OutField, ...] = (
    OutField("order_id", "text", "Proposed order, one per supplier and location."),
    OutField("supplier", "text", "Supplier."),
    OutField("sku", "key", "Item number."),
    OutField("location", "key", "Where it goes."),
    OutField("quantity", "units", "Units to order."),
    OutField("unit_cost", "money", "Cost of one unit."),
    OutField("value", "money", "Quantity x unit cost."),
    OutField("order_date", "date", "Day to order."),
    OutField("expected_receipt", "date", "Day on which it is expected."),
    OutField("decision", "text", "Your decision on the Recommendations sheet when this was planned."),
)

DATA_CHECK: tuple[OutField, ...] = (
    OutField("severity", "severity", "error: rows were kept out. warning: used, but look. info: good to know."),
    OutField("table", "text", "Input table."),
    OutField("place", "text", "Where."),
    OutField("text", "sentence", "What was found."),
    OutField("fix", "sentence", "What to do."),
    OutField("rows_kept_out", "count", "Rows that the plan did not use because of this."),
)

PRIORITIES: tuple[OutField, ...] = (
    OutField("rank", "count", "Order of purchase: most service for the money first."),
    OutField("sku", "key", "Item number."),
    OutField("location", "key", "Where it goes."),
    OutField("units", "units", "Units to buy beyond the orders of this plan."),
    OutField("money", "money", "What they cost."),
    OutField(
        "service_gained",
        "number",
        "Units per period more that are delivered from stock (value or margin where service_aim says so).",
    ),
    OutField("money_so_far", "money", "Cost of this row and those above."),
)

LIMITS: tuple[OutField, ...] = (
    OutField("kind", "text", "Kind of limit."),
    OutField("limit", "text", "Which one."),
    OutField("measure", "text", "What it counts: spend, units or volume."),
    OutField("allowed", "number", "Size of the limit."),
    OutField("used", "number", "What the orders use."),
    OutField(
        "saving_per_unit",
        "number",
        "Expected cost that a unit of relief saves [money]: of a limit that orders share the next unit, of a supplier's term the mean until it no longer matters.",
    ),
    OutField("sentence", "sentence", "The same in words, in steps that a planner would take."),
)

#: Output tables by plan attribute.
OUTPUT: dict[str, tuple[OutField, ...]] = {
    "recommendations": RECOMMENDATIONS,
    "exceptions": EXCEPTIONS,
    "explanations": EXPLANATIONS,
    "forecast": FORECAST,
    "accuracy": ACCURACY,
    "orders": ORDERS,
    "priorities": PRIORITIES,
    "limits": LIMITS,
    "findings": DATA_CHECK,
}

#: What a scenario may be compared by, of each item: name, role and note.
SCENARIO_FIGURES: tuple[OutField, ...] = (
    OutField("order_quantity", "units", "Order today [units]."),
    OutField("order_value", "money", "Order today at unit cost: cash to commit now."),
    OutField("reorder_point", "units", "Inventory position at or below which an order is due [units]."),
    OutField("order_up_to", "units", "Order up to this inventory position [units]."),
    OutField("safety_stock", "units", "Part of the reorder point above expected demand [units]."),
    OutField("average_stock", "units", "Average stock aimed at: safety stock and half of one replenishment [units]."),
    OutField("stock_value", "money", "Average stock aimed at, at unit cost: cash tied up later."),
    OutField("service_target", "share", "Service that is aimed at."),
    OutField("expected_service", "share", "Service expected with the order."),
    OutField("stockout_risk", "share", "Chance of running out before an order placed today arrives."),
    OutField("days_of_cover", "days", "Days that stock on hand lasts at expected demand; empty without demand."),
    OutField("lead_time_days", "days", "Expected lead time [days]."),
    OutField("demand_per_period", "units", "Expected demand per planning period over the protection interval [units]."),
)

SCENARIO_TOTALS: tuple[OutField, ...] = (
    OutField("scenario", "text", "Plan."),
    OutField("items_changed", "count", "Items with any other figure than in the current plan."),
    OutField("order_lines", "count", "Lines to order today."),
    OutField("order_units", "units", "Units to order today."),
    OutField("order_value", "money", "Value to order today: cash to commit now."),
    OutField("order_value_change", "money", "Against the current plan."),
    OutField("stock_value", "money", "Average stock that the policy aims at: cash tied up later."),
    OutField("stock_value_change", "money", "Against the current plan."),
    OutField("expected_service", "share", "Weighted by demand value."),
    OutField("expected_service_change", "share", "Against the current plan."),
    OutField("at_risk", "count", "Items more likely than not to run out before an order placed today arrives."),
)

SCENARIO_ITEMS: tuple[OutField, ...] = (
    OutField("scenario", "text", "Plan."),
    OutField("sku", "key", "Item number."),
    OutField("location", "key", "Stocking place."),
    OutField("description", "text", "Description."),
    OutField("supplier", "text", "Supplier."),
    *SCENARIO_FIGURES,
)

#: Quantiles of projected stock on the sheet Scenario Stock.
STOCK_LEVELS = {"q05": 0.05, "q50": 0.50, "q95": 0.95}

SCENARIO_STOCK: tuple[OutField, ...] = (
    OutField("scenario", "text", "Plan."),
    OutField("sku", "key", "Item number."),
    OutField("location", "key", "Stocking place."),
    OutField("period_end", "date", "Last day of the period."),
    OutField("mean", "units", "Expected stock on hand [units]."),
    *(
        OutField(name, "units", f"Stock on hand that is not exceeded with {level:.0%} chance [units].")
        for name, level in STOCK_LEVELS.items()
    ),
    OutField("short", "share", "Chance that some demand of the period is not met."),
)

SCENARIO_DISRUPTION: tuple[OutField, ...] = (
    OutField("sku", "key", "Item number."),
    OutField("location", "key", "Stocking place."),
    OutField("supplier", "text", "Disrupted supplier."),
    OutField("runs_out", "date", "When expected demand has used up what is there and arrives meanwhile."),
    OutField("back_on", "date", "First day on which the supplier delivers again."),
    OutField("days_without", "days", "From running out to that day, at expected demand."),
    OutField("short_units", "units", "Missing to keep the item's service target until that day [units]."),
    OutField("action", "text", "What can be done."),
    OutField("alternative", "text", "Other source: the cheapest that arrives in time, else the fastest."),
    OutField("pull_forward_units", "units", "To buy there now, at its minimum order and pack [units]."),
    OutField("order_by", "date", "Latest day to order there without running out; today if it is late already."),
    OutField("arrives", "date", "Expected, if ordered today."),
    OutField("unit_cost", "money", "Of the other source."),
    OutField("extra_unit_cost", "money", "Against what a unit costs now."),
    OutField("extra_cost", "money", "Of all units of the line."),
    OutField("text", "sentence", "In words."),
)

ORDER_CHANGES: tuple[OutField, ...] = (
    OutField("sku", "key", "Item number."),
    OutField("location", "key", "Stocking place."),
    OutField("order_before", "units", "Order of the last run [units]."),
    OutField("order_now", "units", "Order of this run [units]."),
    OutField(
        "change_units",
        "units",
        "Order of this run less that of the last [units]; the columns to the right add up to it.",
    ),
    OutField("demand level", "units", "Units that the order changed by because of the demand level."),
    OutField("demand spread", "units", "Units that the order changed by because of the demand spread."),
    OutField("lead time", "units", "Units that the order changed by because of the lead time."),
    OutField("service target", "units", "Units that the order changed by because of the service target."),
    OutField(
        "damping", "units", "Units that the order changed by because safety stock follows what is needed in steps."
    ),
    OutField("stock position", "units", "Units that the order changed by because of the stock position."),
    OutField("constraints", "units", "Units that the order changed by because of the constraints."),
    OutField("new or gone", "units", "Orders of items that only one of the two runs planned [units]."),
    OutField("text", "sentence", "The same in words."),
)

#: Services at which the tail of the distribution is kept, by column.
TAIL_LEVELS = {
    "tail_at_50": 0.50,
    "tail_at_80": 0.80,
    "tail_at_90": 0.90,
    "tail_at_95": 0.95,
    "tail_at_98": 0.98,
    "tail_at_99": 0.99,
}

#: What a run keeps for the next one, on the hidden sheet Kept Inputs: inputs of every order, then what damping of safety stock starts from.
BASIS: tuple[OutField, ...] = (
    OutField("sku", "key", "Item number."),
    OutField("location", "key", "Stocking place."),
    OutField("order_quantity", "number", "Order of this run [units]."),
    OutField(
        "demand_per_day", "number", "Demand level: expected demand over the protection interval, per day [units]."
    ),
    OutField(
        "demand_correction",
        "number",
        "Demand level: expected demand of the distribution relative to demand_per_day x days.",
    ),
    OutField(
        "demand_cv", "number", "Demand spread: standard deviation of demand over demand_cv_days relative to its mean."
    ),
    OutField("demand_cv_days", "number", "Demand spread: interval that demand_cv is for [days]."),
    OutField("demand_cv_growth", "number", "Demand spread: power with which the variance grows with the interval."),
    OutField("tail_service", "number", "Demand spread: service target that tail_correction is for [probability]."),
    OutField(
        "tail_correction",
        "number",
        "Demand spread: what the distribution adds to a gamma's level [standard deviations].",
    ),
    *(
        OutField(name, "number", f"Demand spread: the same at a service of {service:.0%} [standard deviations].")
        for name, service in TAIL_LEVELS.items()
    ),
    OutField("lead_time_days", "number", "Lead time: expected [days]."),
    OutField("lead_time_sd_days", "number", "Lead time: standard deviation [days]."),
    OutField("review_period_days", "number", "Lead time: time between two ordering decisions [days]."),
    OutField("service_level", "number", "Service target [probability]."),
    OutField("service_measure", "text", "How service is measured: cycle or fill."),
    OutField("damping_units", "number", "Damping: safety stock kept beyond what is needed, or less than that [units]."),
    OutField("on_hand", "number", "Stock position: on hand [units]."),
    OutField("on_order", "number", "Stock position: on order [units]."),
    OutField("reserved", "number", "Stock position: reserved [units]."),
    OutField("backorders", "number", "Stock position: owed to customers [units]."),
    OutField("moq", "number", "Constraints: minimum order [units]; 0 for none."),
    OutField("pack_size", "number", "Constraints: pack [units]; 0 for none."),
    OutField("whole_units", "text", "Constraints: ordered in whole units."),
    OutField("min_stock", "number", "Constraints: least safety stock [units]."),
    OutField("max_stock", "number", "Constraints: most stock [units]."),
    OutField("shelf_cap", "number", "Constraints: what sells within shelf life [units]."),
    OutField("override_safety_stock", "number", "Constraints: safety stock set by hand [units]."),
    OutField("override_reorder_point", "number", "Constraints: reorder point set by hand [units]."),
    OutField("override_order_up_to", "number", "Constraints: order-up-to level set by hand [units]."),
    OutField("blocked", "text", "Constraints: not to be ordered."),
    OutField("unit_cost", "number", "Constraints: cost of a unit [money]."),
    OutField("holding_rate", "number", "Constraints: yearly cost of keeping stock, share of its value."),
    OutField("order_cost", "number", "Constraints: cost of an order line [money]."),
    OutField("period_days", "number", "Constraints: length of a planning period [days]."),
    OutField("run_day", "text", "This run: last day with sales."),
    OutField("run_safety_stock", "number", "This run: safety stock before limits and standing decisions [units]."),
    OutField("run_lead_time_days", "number", "This run: expected lead time [days]."),
    OutField("run_service_set", "number", "This run: service target as it was set [probability]."),
    OutField("run_service_for", "text", "This run: what it is for, and how service is measured."),
    OutField("start_day", "text", "What this run started from: last day with sales."),
    OutField(
        "start_safety_stock",
        "number",
        "What this run started from: safety stock before limits and standing decisions [units].",
    ),
    OutField("start_lead_time_days", "number", "What this run started from: expected lead time [days]."),
    OutField("start_service_set", "number", "What this run started from: service target as it was set [probability]."),
    OutField("start_service_for", "text", "What this run started from: what it is for, and how service is measured."),
)

#: Output tables that only some runs have, by name: what was compared, and what the run before tells.
MORE_OUTPUT: dict[str, tuple[OutField, ...]] = {
    "scenario_totals": SCENARIO_TOTALS,
    "scenario_items": SCENARIO_ITEMS,
    "scenario_stock": SCENARIO_STOCK,
    "scenario_disruption": SCENARIO_DISRUPTION,
    "order_changes": ORDER_CHANGES,
    "basis": BASIS,
}
