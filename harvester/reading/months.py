"""Names of months and weekdays in English, French, Spanish, Portuguese, Arabic, Russian and Ukrainian."""

from catalog.text import normalize

_MONTHS = """
january, jan, janvier, janv, enero, ene, janeiro, يناير, جانفي, كانون الثاني, январь, января, янв, січень, січня, січ
february, feb, février, févr, fév, febrero, fevereiro, fev, فبراير, فيفري, شباط, февраль, февраля, февр, лютий, лютого
march, mar, mars, marzo, março, مارس, آذار, март, марта, мар, березень, березня, бер
april, apr, avril, avr, abril, abr, أبريل, إبريل, أفريل, نيسان, апрель, апреля, апр, квітень, квітня, квіт
may, mai, mayo, maio, مايو, ماي, أيار, май, мая, травень, травня, трав
june, jun, juin, junio, junho, يونيو, جوان, حزيران, июнь, июня, июн, червень, червня, черв
july, jul, juillet, juil, julio, julho, يوليو, جويلية, تموز, июль, июля, июл, липень, липня, лип
august, aug, août, agosto, ago, أغسطس, أوت, آب, август, августа, авг, серпень, серпня, серп
september, sep, sept, septembre, septiembre, setembro, set, سبتمبر, أيلول, сентябрь, сентября, сент, вересень, вересня
october, oct, octobre, octubre, outubro, out, أكتوبر, تشرين الأول, октябрь, октября, окт, жовтень, жовтня, жовт
november, nov, novembre, noviembre, novembro, نوفمبر, تشرين الثاني, ноябрь, ноября, нояб, листопад, листопада
december, dec, décembre, déc, diciembre, dic, dezembro, dez, ديسمبر, كانون الأول, декабрь, декабря, грудень, грудня
"""
_WEEKDAYS = """
    monday mon tuesday tue tues wednesday wed thursday thu thur thurs friday fri saturday sat sunday sun
    lundi lun mardi mar mercredi mer jeudi jeu vendredi ven samedi sam dimanche dim
    lunes martes miércoles mié jueves jue viernes vie sábado sáb domingo dom
    segunda seg terça ter quarta qua quinta qui sexta sex
    الاثنين الإثنين الثلاثاء الأربعاء الخميس الجمعة السبت الأحد
    понедельник пн вторник вт среда ср четверг чт пятница пт суббота сб воскресенье вс
    понеділок вівторок середа четвер пʼятниця субота неділя нд
"""


def folded(word: str) -> str:
    """A name as the keys of :data:`MONTHS` and the words of :data:`WEEKDAYS` are written."""
    return normalize(word)


MONTHS = {
    folded(name): number for number, names in enumerate(_MONTHS.strip().splitlines(), 1) for name in names.split(",")
}
"""Names and their short forms, folded, to 1 .. 12."""
WEEKDAYS = frozenset(map(folded, _WEEKDAYS.split()))
